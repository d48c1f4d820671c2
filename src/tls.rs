//! TLS for HTTP and sockets alike, when a certificate is configured.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use crate::config::Config;

/// Days before its end from which on a certificate is of concern.
const SOON: i64 = 14;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not there or has none in it.
    #[error("cannot read {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key do not belong together, or are of no use.
    #[error("the certificate cannot be used: {0}")]
    Certificate(#[from] rustls::Error),
}

/// The TLS side of a server, or none if none is configured.
pub fn server_config(config: &Config) -> Result<Option<ServerConfig>, TlsError> {
    let (Some(certificate), Some(key)) = (&config.tls_cert, &config.tls_key) else {
        return Ok(None);
    };
    let unreadable = |path: &Path, why: String| TlsError::File {
        path: path.to_owned(),
        why,
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(certificate, error.to_string()))?;
    for concern in chain.iter().filter_map(|one| concern(one, Utc::now())) {
        log::warn!("{}: {concern}", certificate.display());
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| unreadable(key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Some(config))
}

/// What peers will not like about a certificate, now or soon. The server starts all the same: who watches
/// over it must be able to reach it, and whoever does not verify loses nothing.
fn concern(certificate: &CertificateDer<'_>, now: DateTime<Utc>) -> Option<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        // What cannot be used at all is said by who uses it.
        return None;
    };
    let (subject, validity) = (parsed.subject(), parsed.validity());
    let instant = |time: ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
    let (begins, ends) = (instant(validity.not_before)?, instant(validity.not_after)?);
    let days = (ends - now).num_days();
    if now < begins {
        return Some(format!(
            "the certificate of {subject} is not valid before {begins}, so browsers refuse it until then; set \
             the clock, or wait"
        ));
    }
    if now > ends {
        return Some(format!(
            "the certificate of {subject} has expired on {ends}, so browsers refuse it; renew it and start again"
        ));
    }
    (days < SOON).then(|| {
        format!("the certificate of {subject} expires in {days} days, on {ends}; renew it and start again")
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn a_certificate_is_of_concern_before_its_time_after_it_and_soon_before_its_end() {
        let mut parameters = CertificateParams::new(vec!["chat.example.com".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 3, 1);
        parameters.not_after = rcgen::date_time_ymd(2026, 6, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let begins: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
        let ends: DateTime<Utc> = "2026-06-01T00:00:00Z".parse().unwrap();
        for (now, said) in [
            (begins - TimeDelta::seconds(1), Some("not valid before 2026-03-01")),
            (begins, None),
            (ends - TimeDelta::days(SOON), None),
            (ends - TimeDelta::days(SOON) + TimeDelta::seconds(1), Some("expires in 13 days")),
            (ends, Some("expires in 0 days")),
            (ends + TimeDelta::seconds(1), Some("has expired on 2026-06-01")),
        ] {
            let concern = concern(certificate.der(), now);
            assert_eq!(concern.is_some(), said.is_some(), "{now}: {concern:?}");
            let fits =
                concern.as_deref().is_none_or(|concern| concern.contains(said.unwrap_or("")));
            assert!(fits, "{now}: {concern:?}");
        }
        assert_eq!(concern(&CertificateDer::from(vec![1, 2, 3]), begins), None);
    }
}
