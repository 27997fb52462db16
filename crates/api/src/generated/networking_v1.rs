//! Structs of `k8s.io/api/networking/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static HTTP_INGRESS_PATH_PATH_TYPE_VALUES: [Text; 3] = [text("Exact"), text("ImplementationSpecific"), text("Prefix")];
static HTTP_INGRESS_PATH_F: [Field; 3] = [
    field("path", Type::String, F { number: 1, ..D }),
    field("pathType", Type::String, F { omit: NEVER, pointer: true, required: true, number: 3, values: &HTTP_INGRESS_PATH_PATH_TYPE_VALUES, go: "v1.PathType", ..D }),
    field("backend", one(&super::networking_v1::INGRESS_BACKEND), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static HTTP_INGRESS_PATH: Struct =
    object("io.k8s.api.networking.v1.HTTPIngressPath", "v1.HTTPIngressPath", &HTTP_INGRESS_PATH_F, false);
pub(crate) static HTTP_INGRESS_PATH_T: Type = one(&HTTP_INGRESS_PATH);

static HTTP_INGRESS_RULE_VALUE_F: [Field; 1] = [
    field("paths", list(&super::networking_v1::HTTP_INGRESS_PATH_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static HTTP_INGRESS_RULE_VALUE: Struct =
    object("io.k8s.api.networking.v1.HTTPIngressRuleValue", "v1.HTTPIngressRuleValue", &HTTP_INGRESS_RULE_VALUE_F, false);

static IP_ADDRESS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::networking_v1::IP_ADDRESS_SPEC), F { required: true, number: 2, ..D }),
];
pub(crate) static IP_ADDRESS: Struct =
    object("io.k8s.api.networking.v1.IPAddress", "v1.IPAddress", &IP_ADDRESS_F, false);
pub(crate) static IP_ADDRESS_T: Type = one(&IP_ADDRESS);

static IP_ADDRESS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::networking_v1::IP_ADDRESS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static IP_ADDRESS_LIST: Struct =
    object("io.k8s.api.networking.v1.IPAddressList", "v1.IPAddressList", &IP_ADDRESS_LIST_F, false);

static IP_ADDRESS_SPEC_F: [Field; 1] = [
    field("parentRef", one(&super::networking_v1::PARENT_REFERENCE), F { pointer: true, required: true, number: 1, ..D }),
];
pub(crate) static IP_ADDRESS_SPEC: Struct =
    object("io.k8s.api.networking.v1.IPAddressSpec", "v1.IPAddressSpec", &IP_ADDRESS_SPEC_F, false);

static IP_BLOCK_F: [Field; 2] = [
    field("cidr", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("except", list(&T_STRING), F { number: 2, ..D }),
];
pub(crate) static IP_BLOCK: Struct =
    object("io.k8s.api.networking.v1.IPBlock", "v1.IPBlock", &IP_BLOCK_F, false);

static INGRESS_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::networking_v1::INGRESS_SPEC), F { number: 2, ..D }),
    field("status", one(&super::networking_v1::INGRESS_STATUS), F { number: 3, ..D }),
];
pub(crate) static INGRESS: Struct =
    object("io.k8s.api.networking.v1.Ingress", "v1.Ingress", &INGRESS_F, false);
pub(crate) static INGRESS_T: Type = one(&INGRESS);

static INGRESS_BACKEND_F: [Field; 2] = [
    field("service", one(&super::networking_v1::INGRESS_SERVICE_BACKEND), F { pointer: true, number: 4, ..D }),
    field("resource", one(&super::core_v1::TYPED_LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 3, ..D }),
];
pub(crate) static INGRESS_BACKEND: Struct =
    object("io.k8s.api.networking.v1.IngressBackend", "v1.IngressBackend", &INGRESS_BACKEND_F, false);

static INGRESS_CLASS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::networking_v1::INGRESS_CLASS_SPEC), F { number: 2, ..D }),
];
pub(crate) static INGRESS_CLASS: Struct =
    object("io.k8s.api.networking.v1.IngressClass", "v1.IngressClass", &INGRESS_CLASS_F, false);
pub(crate) static INGRESS_CLASS_T: Type = one(&INGRESS_CLASS);

static INGRESS_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::networking_v1::INGRESS_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static INGRESS_CLASS_LIST: Struct =
    object("io.k8s.api.networking.v1.IngressClassList", "v1.IngressClassList", &INGRESS_CLASS_LIST_F, false);

static INGRESS_CLASS_PARAMETERS_REFERENCE_F: [Field; 5] = [
    field("apiGroup", Type::String, F { pointer: true, number: 1, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("scope", Type::String, F { omit: NEVER, pointer: true, number: 4, ..D }),
    field("namespace", Type::String, F { pointer: true, number: 5, ..D }),
];
pub(crate) static INGRESS_CLASS_PARAMETERS_REFERENCE: Struct =
    object("io.k8s.api.networking.v1.IngressClassParametersReference", "v1.IngressClassParametersReference", &INGRESS_CLASS_PARAMETERS_REFERENCE_F, false);

static INGRESS_CLASS_SPEC_F: [Field; 2] = [
    field("controller", Type::String, F { number: 1, ..D }),
    field("parameters", one(&super::networking_v1::INGRESS_CLASS_PARAMETERS_REFERENCE), F { pointer: true, number: 2, ..D }),
];
pub(crate) static INGRESS_CLASS_SPEC: Struct =
    object("io.k8s.api.networking.v1.IngressClassSpec", "v1.IngressClassSpec", &INGRESS_CLASS_SPEC_F, false);

static INGRESS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::networking_v1::INGRESS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static INGRESS_LIST: Struct =
    object("io.k8s.api.networking.v1.IngressList", "v1.IngressList", &INGRESS_LIST_F, false);

static INGRESS_LOAD_BALANCER_INGRESS_F: [Field; 3] = [
    field("ip", Type::String, F { number: 1, ..D }),
    field("hostname", Type::String, F { number: 2, ..D }),
    field("ports", list(&super::networking_v1::INGRESS_PORT_STATUS_T), F { number: 4, ..D }),
];
pub(crate) static INGRESS_LOAD_BALANCER_INGRESS: Struct =
    object("io.k8s.api.networking.v1.IngressLoadBalancerIngress", "v1.IngressLoadBalancerIngress", &INGRESS_LOAD_BALANCER_INGRESS_F, false);
pub(crate) static INGRESS_LOAD_BALANCER_INGRESS_T: Type = one(&INGRESS_LOAD_BALANCER_INGRESS);

static INGRESS_LOAD_BALANCER_STATUS_F: [Field; 1] = [
    field("ingress", list(&super::networking_v1::INGRESS_LOAD_BALANCER_INGRESS_T), F { number: 1, ..D }),
];
pub(crate) static INGRESS_LOAD_BALANCER_STATUS: Struct =
    object("io.k8s.api.networking.v1.IngressLoadBalancerStatus", "v1.IngressLoadBalancerStatus", &INGRESS_LOAD_BALANCER_STATUS_F, false);

static INGRESS_PORT_STATUS_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static INGRESS_PORT_STATUS_F: [Field; 3] = [
    field("port", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("protocol", Type::String, F { omit: NEVER, required: true, number: 2, values: &INGRESS_PORT_STATUS_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("error", Type::String, F { pointer: true, number: 3, ..D }),
];
pub(crate) static INGRESS_PORT_STATUS: Struct =
    object("io.k8s.api.networking.v1.IngressPortStatus", "v1.IngressPortStatus", &INGRESS_PORT_STATUS_F, false);
pub(crate) static INGRESS_PORT_STATUS_T: Type = one(&INGRESS_PORT_STATUS);

static INGRESS_RULE_F: [Field; 2] = [
    field("host", Type::String, F { number: 1, ..D }),
    field("http", one(&super::networking_v1::HTTP_INGRESS_RULE_VALUE), F { pointer: true, number: 1, inline: 2, embedded: "IngressRuleValue", ..D }),
];
pub(crate) static INGRESS_RULE: Struct =
    object("io.k8s.api.networking.v1.IngressRule", "v1.IngressRule", &INGRESS_RULE_F, false);
pub(crate) static INGRESS_RULE_T: Type = one(&INGRESS_RULE);

static INGRESS_SERVICE_BACKEND_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("port", one(&super::networking_v1::SERVICE_BACKEND_PORT), F { number: 2, ..D }),
];
pub(crate) static INGRESS_SERVICE_BACKEND: Struct =
    object("io.k8s.api.networking.v1.IngressServiceBackend", "v1.IngressServiceBackend", &INGRESS_SERVICE_BACKEND_F, false);

static INGRESS_SPEC_F: [Field; 4] = [
    field("ingressClassName", Type::String, F { pointer: true, number: 4, ..D }),
    field("defaultBackend", one(&super::networking_v1::INGRESS_BACKEND), F { pointer: true, number: 1, ..D }),
    field("tls", list(&super::networking_v1::INGRESS_TLS_T), F { number: 2, ..D }),
    field("rules", list(&super::networking_v1::INGRESS_RULE_T), F { number: 3, ..D }),
];
pub(crate) static INGRESS_SPEC: Struct =
    object("io.k8s.api.networking.v1.IngressSpec", "v1.IngressSpec", &INGRESS_SPEC_F, false);

static INGRESS_STATUS_F: [Field; 1] = [
    field("loadBalancer", one(&super::networking_v1::INGRESS_LOAD_BALANCER_STATUS), F { number: 1, ..D }),
];
pub(crate) static INGRESS_STATUS: Struct =
    object("io.k8s.api.networking.v1.IngressStatus", "v1.IngressStatus", &INGRESS_STATUS_F, false);

static INGRESS_TLS_F: [Field; 2] = [
    field("hosts", list(&T_STRING), F { number: 1, ..D }),
    field("secretName", Type::String, F { number: 2, ..D }),
];
pub(crate) static INGRESS_TLS: Struct =
    object("io.k8s.api.networking.v1.IngressTLS", "v1.IngressTLS", &INGRESS_TLS_F, false);
pub(crate) static INGRESS_TLS_T: Type = one(&INGRESS_TLS);

static NETWORK_POLICY_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::networking_v1::NETWORK_POLICY_SPEC), F { number: 2, ..D }),
];
pub(crate) static NETWORK_POLICY: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicy", "v1.NetworkPolicy", &NETWORK_POLICY_F, false);
pub(crate) static NETWORK_POLICY_T: Type = one(&NETWORK_POLICY);

static NETWORK_POLICY_EGRESS_RULE_F: [Field; 2] = [
    field("ports", list(&super::networking_v1::NETWORK_POLICY_PORT_T), F { number: 1, ..D }),
    field("to", list(&super::networking_v1::NETWORK_POLICY_PEER_T), F { number: 2, ..D }),
];
pub(crate) static NETWORK_POLICY_EGRESS_RULE: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicyEgressRule", "v1.NetworkPolicyEgressRule", &NETWORK_POLICY_EGRESS_RULE_F, false);
pub(crate) static NETWORK_POLICY_EGRESS_RULE_T: Type = one(&NETWORK_POLICY_EGRESS_RULE);

static NETWORK_POLICY_INGRESS_RULE_F: [Field; 2] = [
    field("ports", list(&super::networking_v1::NETWORK_POLICY_PORT_T), F { number: 1, ..D }),
    field("from", list(&super::networking_v1::NETWORK_POLICY_PEER_T), F { number: 2, ..D }),
];
pub(crate) static NETWORK_POLICY_INGRESS_RULE: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicyIngressRule", "v1.NetworkPolicyIngressRule", &NETWORK_POLICY_INGRESS_RULE_F, false);
pub(crate) static NETWORK_POLICY_INGRESS_RULE_T: Type = one(&NETWORK_POLICY_INGRESS_RULE);

static NETWORK_POLICY_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::networking_v1::NETWORK_POLICY_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static NETWORK_POLICY_LIST: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicyList", "v1.NetworkPolicyList", &NETWORK_POLICY_LIST_F, false);

static NETWORK_POLICY_PEER_F: [Field; 3] = [
    field("podSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 1, ..D }),
    field("namespaceSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 2, ..D }),
    field("ipBlock", one(&super::networking_v1::IP_BLOCK), F { pointer: true, number: 3, ..D }),
];
pub(crate) static NETWORK_POLICY_PEER: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicyPeer", "v1.NetworkPolicyPeer", &NETWORK_POLICY_PEER_F, false);
pub(crate) static NETWORK_POLICY_PEER_T: Type = one(&NETWORK_POLICY_PEER);

static NETWORK_POLICY_PORT_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static NETWORK_POLICY_PORT_F: [Field; 3] = [
    field("protocol", Type::String, F { pointer: true, number: 1, values: &NETWORK_POLICY_PORT_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("port", Type::IntOrString, F { pointer: true, number: 2, ..D }),
    field("endPort", Type::Int32, F { pointer: true, number: 3, ..D }),
];
pub(crate) static NETWORK_POLICY_PORT: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicyPort", "v1.NetworkPolicyPort", &NETWORK_POLICY_PORT_F, false);
pub(crate) static NETWORK_POLICY_PORT_T: Type = one(&NETWORK_POLICY_PORT);

static NETWORK_POLICY_SPEC_F: [Field; 4] = [
    field("podSelector", one(&super::meta_v1::LABEL_SELECTOR), F { omit: NEVER, number: 1, ..D }),
    field("ingress", list(&super::networking_v1::NETWORK_POLICY_INGRESS_RULE_T), F { number: 2, ..D }),
    field("egress", list(&super::networking_v1::NETWORK_POLICY_EGRESS_RULE_T), F { number: 3, ..D }),
    field("policyTypes", list(&T_STRING), F { number: 4, go: "[]v1.PolicyType", ..D }),
];
pub(crate) static NETWORK_POLICY_SPEC: Struct =
    object("io.k8s.api.networking.v1.NetworkPolicySpec", "v1.NetworkPolicySpec", &NETWORK_POLICY_SPEC_F, false);

static PARENT_REFERENCE_F: [Field; 4] = [
    field("group", Type::String, F { number: 1, ..D }),
    field("resource", Type::String, F { required: true, number: 2, ..D }),
    field("namespace", Type::String, F { number: 3, ..D }),
    field("name", Type::String, F { required: true, number: 4, ..D }),
];
pub(crate) static PARENT_REFERENCE: Struct =
    object("io.k8s.api.networking.v1.ParentReference", "v1.ParentReference", &PARENT_REFERENCE_F, false);

static SERVICE_BACKEND_PORT_F: [Field; 2] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("number", Type::Int32, F { number: 2, ..D }),
];
pub(crate) static SERVICE_BACKEND_PORT: Struct =
    object("io.k8s.api.networking.v1.ServiceBackendPort", "v1.ServiceBackendPort", &SERVICE_BACKEND_PORT_F, true);

static SERVICE_CIDR_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::networking_v1::SERVICE_CIDR_SPEC), F { number: 2, ..D }),
    field("status", one(&super::networking_v1::SERVICE_CIDR_STATUS), F { number: 3, ..D }),
];
pub(crate) static SERVICE_CIDR: Struct =
    object("io.k8s.api.networking.v1.ServiceCIDR", "v1.ServiceCIDR", &SERVICE_CIDR_F, false);
pub(crate) static SERVICE_CIDR_T: Type = one(&SERVICE_CIDR);

static SERVICE_CIDR_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::networking_v1::SERVICE_CIDR_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SERVICE_CIDR_LIST: Struct =
    object("io.k8s.api.networking.v1.ServiceCIDRList", "v1.ServiceCIDRList", &SERVICE_CIDR_LIST_F, false);

static SERVICE_CIDR_SPEC_F: [Field; 1] = [
    field("cidrs", list(&T_STRING), F { number: 1, ..D }),
];
pub(crate) static SERVICE_CIDR_SPEC: Struct =
    object("io.k8s.api.networking.v1.ServiceCIDRSpec", "v1.ServiceCIDRSpec", &SERVICE_CIDR_SPEC_F, false);

static SERVICE_CIDR_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static SERVICE_CIDR_STATUS_F: [Field; 1] = [
    field("conditions", list(&super::meta_v1::CONDITION_T), F { number: 1, list: Lists::Map(&SERVICE_CIDR_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static SERVICE_CIDR_STATUS: Struct =
    object("io.k8s.api.networking.v1.ServiceCIDRStatus", "v1.ServiceCIDRStatus", &SERVICE_CIDR_STATUS_F, false);
