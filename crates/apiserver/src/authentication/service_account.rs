//! Users of ServiceAccount tokens: the account and what the token is bound to must still be there.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time;
use apimachinery::value::Value;
use registry::request::UserInfo;
use registry::resource::Registry;

use super::Unauthenticated;
use super::keys::{Claims, Reference};

/// Clock difference that is tolerated, as upstream's.
const LEEWAY_SECONDS: i64 = 60;

/// Name of a ServiceAccount's user.
pub fn user_name(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Namespace and name of a ServiceAccount's user.
pub fn split_user_name(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// Groups of a ServiceAccount's user.
pub fn groups(namespace: &str) -> Vec<String> {
    vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")]
}

/// The user of checked claims, if everything that they name still exists.
pub async fn user(registry: &Registry, claims: &Claims) -> Result<UserInfo, Unauthenticated> {
    let it = &claims.kubernetes;
    let (namespace, account) = (it.namespace.as_str(), &it.serviceaccount);
    if claims.sub != user_name(namespace, &account.name) {
        return Err(Unauthenticated("service account token has another subject".into()));
    }
    check(registry, "serviceaccounts", namespace, account).await?;
    if let Some(secret) = &it.secret {
        check(registry, "secrets", namespace, secret).await?;
    }
    if let Some(pod) = &it.pod {
        check(registry, "pods", namespace, pod).await?;
    }
    if let (Some(node), None) = (&it.node, &it.pod) {
        check(registry, "nodes", "", node).await?;
    }
    Ok(UserInfo { name: claims.sub.clone(), uid: account.uid.clone(), groups: groups(namespace), extra: extra(claims) })
}

/// `extra` of a token's user, as upstream fills it.
fn extra(claims: &Claims) -> Vec<(String, Vec<String>)> {
    let mut extra = Vec::new();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            extra.push((format!("authentication.kubernetes.io/{key}"), vec![value.to_owned()]));
        }
    };
    if !claims.jti.is_empty() {
        add("credential-id", &format!("JTI={}", claims.jti));
    }
    for (kind, reference) in [("node", &claims.kubernetes.node), ("pod", &claims.kubernetes.pod)] {
        if let Some(reference) = reference {
            add(&format!("{kind}-name"), &reference.name);
            add(&format!("{kind}-uid"), &reference.uid);
        }
    }
    extra
}

async fn check(registry: &Registry, plural: &str, namespace: &str, wanted: &Reference) -> Result<(), Unauthenticated> {
    let gone = || Unauthenticated(format!("service account token has been invalidated: {plural} {:?}", wanted.name));
    let object = read(registry, plural, namespace, &wanted.name).await.ok_or_else(gone)?;
    let deleted = object.deletion_timestamp().and_then(time::parse);
    let is_deleted = deleted.is_some_and(|at| at.as_second() < jiff::Timestamp::now().as_second() - LEEWAY_SECONDS);
    match object.uid() == wanted.uid && !is_deleted {
        true => Ok(()),
        false => Err(gone()),
    }
}

/// The object from the cache, or (not found there) from the store. Only kind, apiVersion and metadata are read.
async fn read(registry: &Registry, plural: &str, namespace: &str, name: &str) -> Option<Value> {
    let resource = registry.resource("", "v1", plural)?;
    let object = match resource.get(namespace, name, "0").await {
        Ok(object) => object,
        Err(_) => resource.get(namespace, name, "").await.ok()?,
    };
    let (start, end) = (object.metadata.0 as usize, object.metadata.1 as usize);
    let metadata = json::parse(object.bytes.get(start..end)?).ok()?;
    Some([("metadata", metadata)].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_split_as_they_are_made() {
        assert_eq!(split_user_name(&user_name("a", "b")), Some(("a", "b")));
        for other in ["jane", "system:serviceaccount:a", "system:serviceaccount::b", "system:serviceaccount:a:b:c"] {
            assert_eq!(split_user_name(other), None);
        }
    }
}
