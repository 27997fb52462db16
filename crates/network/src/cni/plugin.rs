//! The exec entry of the own plugin: what a foreign runtime, or a person, calls.

use std::io::Read;
use std::sync::Arc;

use container_interfaces::cni::{CniError, CniRequest, PortMapping};
use serde_json::{Value, json};

use super::bridge::{Bridge, BridgeConfig, PortMapper, execute, parse_args};
use crate::cidr::Ipv4Cidr;

/// Name of the plugin's executable.
pub const PLUGIN_NAME: &str = "corten-cni";

/// Bytes of configuration that are read.
const INPUT_BYTES_MAX: u64 = 1 << 20;

/// Runs the plugin by `environment` and standard input; returns the exit code, the answer is printed.
pub fn plugin_main(
    environment: impl Fn(&str) -> Option<String>,
    ports: impl FnOnce(&BridgeConfig) -> Arc<dyn PortMapper>,
) -> i32 {
    let mut input = String::new();
    let read = std::io::stdin().take(INPUT_BYTES_MAX).read_to_string(&mut input);
    let command = environment("CNI_COMMAND").unwrap_or_default();
    let outcome = match (command.as_str(), read) {
        ("VERSION", _) => Ok(Some(json!({ "cniVersion": "1.1.0", "supportedVersions": ["0.4.0", "1.0.0", "1.1.0"] }))),
        (_, Err(error)) => Err(failed(5, "read the configuration", &error.to_string())),
        (_, Ok(_)) => answer(&command, &environment, &input, ports),
    };
    match outcome {
        Ok(answer) => {
            answer.iter().for_each(|answer| println!("{answer}"));
            0
        }
        Err(error) => {
            println!(
                "{}",
                json!({ "cniVersion": "1.1.0", "code": error.code, "msg": error.msg, "details": error.details })
            );
            1
        }
    }
}

fn answer(
    command: &str,
    environment: &impl Fn(&str) -> Option<String>,
    input: &str,
    ports: impl FnOnce(&BridgeConfig) -> Arc<dyn PortMapper>,
) -> Result<Option<Value>, CniError> {
    let input: Value =
        serde_json::from_str(input).map_err(|error| failed(6, "decode the configuration", &error.to_string()))?;
    let config = config(&input)?;
    let port_mappings: Vec<PortMapping> = match input.pointer("/runtimeConfig/portMappings") {
        None => vec![],
        Some(mappings) => serde_json::from_value(mappings.clone())
            .map_err(|error| failed(7, "decode runtimeConfig.portMappings", &error.to_string()))?,
    };
    let required = |name: &str| {
        environment(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| failed(4, "required env variables missing", name))
    };
    let needs_sandbox = command != "STATUS";
    let request = CniRequest {
        container_id: if needs_sandbox { required("CNI_CONTAINERID")? } else { String::new() },
        netns: environment("CNI_NETNS").unwrap_or_default().into(),
        interface: if needs_sandbox { required("CNI_IFNAME")? } else { String::new() },
        args: parse_args(&environment("CNI_ARGS").unwrap_or_default()),
        port_mappings,
    };
    let bridge = Bridge::new(&config, ports(&config));
    let result = execute(&bridge, command, &request)?;
    result
        .map(|result| {
            serde_json::to_value(result).map_err(|error| failed(100, "encode the result", &error.to_string()))
        })
        .transpose()
}

fn config(input: &Value) -> Result<BridgeConfig, CniError> {
    let text = |key: &str| {
        let value = input.get(key).and_then(Value::as_str);
        value.ok_or_else(|| failed(7, "invalid network config", &format!("{key} is missing")))
    };
    let range =
        Ipv4Cidr::parse(text("range")?).ok_or_else(|| failed(7, "invalid network config", "range is no IPv4 range"))?;
    Ok(BridgeConfig { instance: text("instance")?.to_owned(), range, directory: text("directory")?.into() })
}

fn failed(code: u32, msg: &str, details: &str) -> CniError {
    CniError { code, msg: msg.into(), details: details.into() }
}
