use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use optimist_tests::Backend;

use crate::AnyError;

/// AWS, with credentials and region as the AWS tools find them: environment, profile, SSO, or the machine's role.
pub async fn backend() -> Result<Backend, AnyError> {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let http = Builder::new().tls_provider(tls).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest());
    let config = config.http_client(http.clone()).load().await;
    if config.region().is_none() {
        return Err("no region: set AWS_REGION, or AWS_PROFILE to a profile that has one".into());
    }
    Ok(Backend::of(http, (&config).into(), "optimist-example-"))
}
