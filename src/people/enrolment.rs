//! Setting up a second factor: a secret is shown, and counts once a code proves that an authenticator has it.

use std::fmt::{self, Write as _};

use qrcodegen::{QrCode, QrCodeEcc};
use secrecy::SecretString;

use super::session::{NewSession, Session};
use super::sign_in::{typed, unreadable};
use super::{People, SignInRefused, Stage};
use crate::crypto::{AtRestError, Totp, TotpError};
use crate::domain::UserName;
use crate::storage::{Credentials, Proof, StorageError};

/// Light modules around a QR code (ISO/IEC 18004).
const QUIET: usize = 4;

/// What a page shows to set up a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// To be typed into an authenticator, base32.
    pub secret_base32: String,
    /// The same as an `otpauth:` address.
    pub uri: String,
    /// The address as a QR code: rows of modules, `true` is dark; without the light border that belongs around it.
    pub modules: Vec<Vec<bool>>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment([redacted])")
    }
}

impl Enrolment {
    fn of(totp: &Totp, unusable: impl Fn() -> StorageError) -> Result<Self, StorageError> {
        let uri = totp.uri().map_err(|TotpError| unusable())?;
        let code = QrCode::encode_text(&uri, QrCodeEcc::Medium).map_err(|_| unusable())?;
        let modules = (0..code.size()).map(|y| (0..code.size()).map(|x| code.get_module(x, y)).collect()).collect();
        Ok(Self { secret_base32: totp.secret().to_string(), uri: uri.to_string(), modules })
    }

    /// Width and height of the QR code with its border, in modules: the `viewBox` of [`Self::path`].
    pub fn size(&self) -> usize {
        self.modules.len() + 2 * QUIET
    }

    /// The dark modules as the path of an SVG, one unit each.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (y, row) in (QUIET..).zip(&self.modules) {
            for (x, _) in (QUIET..).zip(row).filter(|(_, dark)| **dark) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        path
    }
}

/// Why no second factor is set up.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EnrolmentRefused {
    /// The user has one, which only `reset_second_factor` takes away; or the session is none to set one up in.
    #[error("there is a second factor already")]
    Already,
    /// Storage failed.
    #[error(transparent)]
    Unavailable(#[from] StorageError),
}

impl People {
    /// A secret to set up a second factor with, the same one as long as the session lasts; another session never sees it.
    pub async fn enrolment(&self, session: &Session) -> Result<Enrolment, EnrolmentRefused> {
        let user = &session.user;
        let unusable = || unreadable(user, &AtRestError::Refused);
        let known = self.0.store.credentials(user).await?.filter(|known| known.totp_secret.is_none());
        let known = known.filter(|_| may_enrol(session)).ok_or(EnrolmentRefused::Already)?;
        if let Some(totp) = known.totp_pending.and_then(|sealed| self.offered(session, &sealed)) {
            return Ok(Enrolment::of(&totp, unusable)?);
        }
        let totp = Totp::generate(user.as_str(), &self.0.settings.issuer_name).map_err(|TotpError| unusable())?;
        let sealed = self.0.seal.seal(&bound(session), &totp.secret()).map_err(|why| unreadable(user, &why))?;
        if !self.0.store.offer_second_factor(user, &sealed).await? {
            return Err(EnrolmentRefused::Already);
        }
        Ok(Enrolment::of(&totp, unusable)?)
    }

    /// Makes what [`Self::enrolment`] showed the second factor, if the code comes from it, and completes the sign-in.
    pub async fn enrol(
        &self,
        session: &Session,
        code: &str,
        unverified_mark: Option<&str>,
    ) -> Result<NewSession, SignInRefused> {
        if session.stage != Stage::Enrol {
            return Err(SignInRefused::Wrong);
        }
        let user = &session.user;
        let known = self.0.store.credentials(user).await?;
        let attempt = self.attempt(user.as_str(), (known.as_ref(), unverified_mark)).await?;
        self.confirm(session, known, code).await?;
        self.complete(user, Proof::Session(session.id), attempt).await
    }

    /// The same for who is signed in, with their password: a session that somebody else got hold of is not enough. The session
    /// goes on in a new one that lasts no longer.
    pub async fn enrol_own(
        &self,
        session: &Session,
        password: &SecretString,
        (code, unverified_mark): (&str, Option<&str>),
    ) -> Result<NewSession, SignInRefused> {
        if session.stage != Stage::Full || !may_enrol(session) {
            return Err(SignInRefused::Wrong);
        }
        let user = &session.user;
        let known = self.0.store.credentials(user).await?.filter(|known| known.user.disabled_at.is_none());
        let attempt = self.attempt(user.as_str(), (known.as_ref(), unverified_mark)).await?;
        let Some(known) = self.fitting(known, password).await else {
            return Err(self.not_proved(user, "set up second factor").await?);
        };
        self.confirm(session, Some(known), code).await?;
        self.forgive(attempt).await?;
        let began = self.begin(user, Stage::Full, session.span(), Proof::Session(session.id)).await?;
        began.ok_or(SignInRefused::Wrong)
    }

    /// What was offered becomes the second factor, if the code comes from it.
    async fn confirm(&self, session: &Session, known: Option<Credentials>, code: &str) -> Result<(), SignInRefused> {
        let user = &session.user;
        let offered = known.and_then(|known| known.totp_pending).ok_or(SignInRefused::Wrong)?;
        let totp = self.offered(session, &offered).ok_or(SignInRefused::Wrong)?;
        let Some(step) = totp.step_of(&typed(code), self.0.clock.now()) else {
            return Err(self.wrong(Some(user)).await?);
        };
        let sealed = self.sealed(user, &totp)?;
        let confirmed = self.0.store.confirm_second_factor(user, (&offered, &sealed), step).await?;
        if confirmed { Ok(()) } else { Err(SignInRefused::Wrong) }
    }

    /// What was offered to this session.
    fn offered(&self, session: &Session, sealed: &str) -> Option<Totp> {
        let secret = self.0.seal.open(&bound(session), sealed).ok()?;
        Totp::from_secret(&secret, session.user.as_str(), &self.0.settings.issuer_name).ok()
    }

    fn sealed(&self, user: &UserName, totp: &Totp) -> Result<String, StorageError> {
        self.0.seal.seal(user.as_str().as_bytes(), &totp.secret()).map_err(|why| unreadable(user, &why))
    }
}

/// Who is signed in sets one up as well, if they have none; who still owes a code does not.
fn may_enrol(session: &Session) -> bool {
    match session.stage {
        Stage::Enrol => true,
        Stage::Full => !session.has_second_factor,
        Stage::SecondFactor => false,
    }
}

/// What is offered is bound to the session that it is shown to. Names hold no control characters.
fn bound(session: &Session) -> Vec<u8> {
    [session.user.as_str().as_bytes(), b"\0", &session.id].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_the_qr_code_is_drawn_with_its_finders_and_its_border() {
        let totp = Totp::from_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ada", "pay.example.com").unwrap();
        let user = UserName::parse("ada").unwrap();
        let shown = Enrolment::of(&totp, || unreadable(&user, &AtRestError::Refused)).unwrap();
        assert_eq!(
            shown.uri,
            format!("otpauth://totp/pay.example.com:ada?secret={}&issuer=pay.example.com", shown.secret_base32)
        );
        let side = shown.modules.len();
        assert!((21..=57).contains(&side) && shown.modules.iter().all(|row| row.len() == side), "{side}");
        assert_eq!(shown.modules[0][..8], [true, true, true, true, true, true, true, false], "a finder's edge");
        assert_eq!(shown.size(), side + 8);
        assert!(shown.path().starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"));
        let dark = shown.modules.iter().flatten().filter(|dark| **dark).count();
        assert_eq!(shown.path().matches('M').count(), dark);
        assert!(!format!("{shown:?}").contains(&shown.secret_base32));
    }
}
