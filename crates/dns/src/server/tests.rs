use super::*;
use apimachinery::json;
use client::resources;
use hickory_proto::op::Query;

async fn server() -> SocketAddr {
    let cluster = Cluster::idle();
    let object = |text: &str| json::encode_object(&json::parse(text.as_bytes()).expect("test JSON"), 1);
    cluster
        .fill(resources::NAMESPACES, &[object(r#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}"#)]);
    cluster.fill(
        resources::SERVICES,
        &[
            object(r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],"type":"ClusterIP"}}"#),
            object(r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"alias","namespace":"shop"},"spec":{"type":"ExternalName","externalName":"web.shop.svc.cluster.local"}}"#),
        ],
    );
    let endpoints: Vec<String> = (0..200)
        .map(|n| format!(r#"{{"addresses":["10.244.1.{n}"],"hostname":"host-{n}","conditions":{{"ready":true}}}}"#))
        .collect();
    let slice = format!(
        r#"{{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{{"name":"x","namespace":"shop","labels":{{"kubernetes.io/service-name":"many"}}}},"endpoints":[{}],"addressType":"IPv4"}}"#,
        endpoints.join(",")
    );
    cluster.fill(resources::ENDPOINT_SLICES, &[object(&slice)]);
    let config = Config {
        domain: "cluster.local".into(),
        addresses: vec!["127.0.0.1:0".parse().expect("an address")],
        resolver_files: vec![],
    };
    // Port 0 gives UDP and TCP different ports; only UDP is asked here.
    let dns = Dns::bind(config, cluster).await.expect("bind loopback");
    let address = dns.udp[0].local_addr().expect("bound");
    tokio::spawn(dns.run());
    address
}

async fn ask(name: &str, kind: RecordType) -> String {
    let server = server().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind loopback");
    let mut message = Message::new(77, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
    socket.send_to(&message.to_vec().expect("encodes"), server).await.expect("send");
    let mut buffer = [0; 4_096];
    let (length, _) = socket.recv_from(&mut buffer).await.expect("an answer");
    let answer = Message::from_vec(&buffer[..length]).expect("decodes");
    assert_eq!(answer.metadata.id, 77);
    let records: Vec<String> = answer.answers.iter().map(|record| record.data.to_string()).collect();
    format!("{} {}", answer.metadata.response_code, records.join(" ")).trim().to_owned()
}

#[tokio::test]
async fn names_are_answered_whatever_their_case() {
    assert_eq!(ask("WEB.shop.svc.cluster.local.", RecordType::A).await, "No Error 10.96.0.7");
}

#[tokio::test]
async fn an_alias_is_followed_inside_the_cluster() {
    let answer = ask("alias.shop.svc.cluster.local.", RecordType::A).await;
    assert_eq!(answer, "No Error web.shop.svc.cluster.local. 10.96.0.7");
}

#[tokio::test]
async fn an_unknown_name_of_the_cluster_does_not_exist() {
    assert_eq!(ask("nope.shop.svc.cluster.local.", RecordType::A).await, "Non-Existent Domain");
    assert_eq!(ask("web.shop.svc.cluster.local.", RecordType::AAAA).await, "No Error");
}

#[tokio::test]
async fn garbage_is_refused_and_the_server_goes_on() {
    let server = server().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind loopback");
    socket.send_to(&[1, 2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 255], server).await.expect("send");
    let mut buffer = [0; 512];
    let (length, _) = socket.recv_from(&mut buffer).await.expect("an answer");
    assert_eq!(Message::from_vec(&buffer[..length]).expect("decodes").metadata.response_code, ResponseCode::FormErr);
}

#[tokio::test]
async fn names_elsewhere_do_not_exist_where_nobody_can_be_asked() {
    let asked = tokio::time::timeout(std::time::Duration::from_secs(1), ask("www.example.org.", RecordType::A));
    assert_eq!(asked.await.expect("at once"), "Non-Existent Domain");
}
