//! What a token has to say, and the judgement (outlook-payments sections 7.3 and 13.6).

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::{BearerClaims, UnverifiedClaims};
use super::keys::BearerKeys;
use crate::domain::Timestamp;

/// Outlook's own application: `appid` or `azp` of every token, compared without letter case (sections 7.2 and 13.6).
pub const OUTLOOK_CALLER: &str = "48af08dc-f6d2-435f-b2a7-069abd99c086";
/// `iss` of external access tokens. A constant: the discovery document's own lacks the final slash (section 7.2).
pub const LEGACY_ISSUER: &str = "https://substrate.office.com/sts/";
/// How far the clocks may differ (section 7.3).
const SKEW_MS: i64 = 300_000;
/// Longer than any token of Microsoft's, in bytes.
const LONGEST_TOKEN: usize = 16 * 1024;
/// What stands for the tenant in an issuer.
const TENANT: &str = "{tenantid}";

/// What a token has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BearerProfile {
    /// External access tokens: off unless configured (section 13.6).
    Legacy(LegacyProfile),
    /// Tokens of Microsoft Entra.
    Entra(EntraProfile),
}

/// External access tokens (section 7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyProfile {
    /// `iss`, [`LEGACY_ISSUER`] but in tests.
    pub issuer: String,
    /// `aud`: the merchant id.
    pub audience: String,
}

impl LegacyProfile {
    /// With Microsoft's issuer.
    pub fn new(audience: &str) -> Self {
        Self { issuer: LEGACY_ISSUER.to_owned(), audience: audience.to_owned() }
    }
}

/// Tokens of Microsoft Entra, v1.0 and v2.0 alike (section 13.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraProfile {
    /// `iss`; without it what the discovery document says. Either may hold `{tenantid}`, which is the token's `tid`.
    pub issuer: Option<String>,
    /// `aud`: the application's id, or its URI in tokens of v1.0. One of them is enough.
    pub audiences: Vec<String>,
    /// The scope that `scp` has to hold.
    pub scope: Option<String>,
    /// The tenants whose users may act; empty: every tenant that the issuer stands for.
    pub tenants: Vec<String>,
}

impl EntraProfile {
    /// One audience, any tenant, any scope, the discovery document's issuer.
    pub fn new(audience: &str) -> Self {
        Self { issuer: None, audiences: vec![audience.to_owned()], scope: None, tenants: Vec::new() }
    }
}

/// Why a token is not honoured: 401 with an empty body (section 7.3). For the log; nothing of the token is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerRefused {
    /// Not exactly one `Authorization` header of the scheme `Bearer`.
    #[error("not exactly one bearer token")]
    Header,
    /// Not a signed JWT, or longer than any.
    #[error("the token is malformed")]
    Malformed,
    /// Not RS256, or it brings its own key.
    #[error("the token is not signed with RS256 under a published key")]
    Algorithm,
    /// It names no published key.
    #[error("the token names no published key")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// `iss`, or the key belongs to another issuer.
    #[error("iss is not the expected issuer")]
    Issuer,
    /// `aud`.
    #[error("aud is not ours")]
    Audience,
    /// `appid` or `azp`.
    #[error("the caller is not Outlook")]
    Caller,
    /// `exp` is missing or past.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// `tid`.
    #[error("the tenant is not allowed")]
    Tenant,
    /// `scp`.
    #[error("scp lacks the scope")]
    Scope,
}

/// The token of a request's `Authorization` headers: exactly one, scheme `Bearer` in any letter case (section 7.3 step 1).
pub fn bearer_of<'a>(mut headers: impl Iterator<Item = &'a str>) -> Result<&'a str, BearerRefused> {
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(BearerRefused::Header) };
    let (scheme, token) = header.trim().split_once(' ').ok_or(BearerRefused::Header)?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', ',']);
    if fits { Ok(token) } else { Err(BearerRefused::Header) }
}

/// A token whose header is fit to be looked up (section 7.3 step 2). Nothing of it is verified.
#[derive(Clone)]
pub struct UnverifiedBearer<'a> {
    text: &'a str,
    kid: String,
}

impl std::fmt::Debug for UnverifiedBearer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnverifiedBearer([redacted])")
    }
}

impl<'a> UnverifiedBearer<'a> {
    /// Takes a compact JWS with RS256 that names its key and brings none.
    pub fn parse(text: &'a str) -> Result<Self, BearerRefused> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            typ: Option<String>,
            kid: Option<String>,
            jwk: Option<IgnoredAny>,
            jku: Option<IgnoredAny>,
            x5c: Option<IgnoredAny>,
            x5u: Option<IgnoredAny>,
            crit: Option<IgnoredAny>,
        }
        if text.len() > LONGEST_TOKEN || text.split('.').count() != 3 {
            return Err(BearerRefused::Malformed);
        }
        let header = text.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let header: Header =
            serde_json::from_slice(&header.ok_or(BearerRefused::Malformed)?).map_err(|_| BearerRefused::Malformed)?;
        let typed = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt"));
        let brings = [header.jwk, header.jku, header.x5c, header.x5u, header.crit].iter().any(Option::is_some);
        if header.alg != "RS256" || !typed || brings {
            return Err(BearerRefused::Algorithm);
        }
        let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(BearerRefused::UnknownKey)?;
        Ok(Self { text, kid })
    }

    /// The key that it names.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

impl BearerProfile {
    /// Judges a token (section 7.3 steps 3 to 6).
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(
        &self,
        token: &UnverifiedBearer<'_>,
        keys: &BearerKeys,
        now: Timestamp,
    ) -> Result<BearerClaims, BearerRefused> {
        let key = keys.find(&token.kid).ok_or(BearerRefused::UnknownKey)?;
        // The library would ask the system's clock; times and names are judged below.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let decoded = jsonwebtoken::decode::<UnverifiedClaims>(token.text, &key.key, &validation);
        let claims = decoded.map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => BearerRefused::Signature,
            _ => BearerRefused::Malformed,
        })?;
        let claims = claims.claims;
        match self {
            Self::Legacy(profile) => {
                profile.judge(&claims)?;
                in_time(&claims, now)?;
                Ok(BearerClaims::Legacy { subject: claims.sub, sender: claims.sender })
            }
            Self::Entra(profile) => {
                profile.judge(&claims, (keys.issuer(), key.issuer.as_deref()))?;
                in_time(&claims, now)?;
                Ok(BearerClaims::Entra { tenant: claims.tid, object: claims.oid })
            }
        }
    }
}

impl LegacyProfile {
    fn judge(&self, claims: &UnverifiedClaims) -> Result<(), BearerRefused> {
        if claims.iss.as_deref() != Some(self.issuer.as_str()) {
            return Err(BearerRefused::Issuer);
        }
        if !claims.aud.as_ref().is_some_and(|audience| audience.names(&self.audience)) {
            return Err(BearerRefused::Audience);
        }
        if !claims.appid.as_deref().is_some_and(is_outlook) {
            return Err(BearerRefused::Caller);
        }
        Ok(())
    }
}

impl EntraProfile {
    fn judge(
        &self,
        claims: &UnverifiedClaims,
        (discovered, of_key): (&str, Option<&str>),
    ) -> Result<(), BearerRefused> {
        let expected = self.issuer.as_deref().unwrap_or(discovered);
        let issuer = claims.iss.as_deref().ok_or(BearerRefused::Issuer)?;
        if filled(expected, claims.tid.as_deref()).as_deref() != Some(issuer) {
            return Err(BearerRefused::Issuer);
        }
        // A key of a set that serves many tenants may belong to one of them alone.
        if of_key.is_some_and(|of_key| filled(of_key, claims.tid.as_deref()).as_deref() != Some(issuer)) {
            return Err(BearerRefused::Issuer);
        }
        let ours = |audience: &String| claims.aud.as_ref().is_some_and(|claimed| claimed.names(audience));
        if !self.audiences.iter().any(ours) {
            return Err(BearerRefused::Audience);
        }
        // v2.0 names the caller `azp`, v1.0 `appid`.
        let mut callers = [&claims.azp, &claims.appid].into_iter().flatten().peekable();
        if callers.peek().is_none() || !callers.all(is_outlook) {
            return Err(BearerRefused::Caller);
        }
        let allowed = |tid: &str| self.tenants.iter().any(|tenant| tenant.eq_ignore_ascii_case(tid));
        if !self.tenants.is_empty() && !claims.tid.as_deref().is_some_and(allowed) {
            return Err(BearerRefused::Tenant);
        }
        let scopes = claims.scp.as_deref().unwrap_or_default();
        if self.scope.as_deref().is_some_and(|scope| !scopes.split(' ').any(|held| held == scope)) {
            return Err(BearerRefused::Scope);
        }
        Ok(())
    }
}

fn is_outlook(caller: impl AsRef<str>) -> bool {
    caller.as_ref().eq_ignore_ascii_case(OUTLOOK_CALLER)
}

/// The issuer for a tenant. `None`: it is a template, and the token has no `tid` that could stand in it.
fn filled(issuer: &str, tid: Option<&str>) -> Option<String> {
    if !issuer.contains(TENANT) {
        return Some(issuer.to_owned());
    }
    let tid = tid.filter(|tid| tid.len() == 36 && tid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'))?;
    Some(issuer.replace(TENANT, tid))
}

fn in_time(claims: &UnverifiedClaims, now: Timestamp) -> Result<(), BearerRefused> {
    let expires = Timestamp::from_secs(claims.exp.ok_or(BearerRefused::Expired)?);
    if now > expires.plus_millis(SKEW_MS) {
        return Err(BearerRefused::Expired);
    }
    let begins = [claims.nbf, claims.iat].into_iter().flatten().map(Timestamp::from_secs).max();
    if begins.is_some_and(|begins| now.plus_millis(SKEW_MS) < begins) {
        return Err(BearerRefused::NotYet);
    }
    Ok(())
}
