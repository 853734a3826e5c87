//! Passwords of people: argon2id, kept as a PHC string that names its method, its cost and its salt.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use super::random::random_bytes;

/// 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet names for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Stands in for the hash of whoever has none: it costs as much to compare, and nobody knows a password that fits.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The library refuses to hash. Says nothing of the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password cannot be hashed")]
pub struct PasswordError;

/// Hashes a password with a salt of its own. Takes some tens of milliseconds and 19 MiB: never on a thread that answers
/// requests.
pub fn hash_password(password: &SecretString) -> Result<String, PasswordError> {
    let salt = SaltString::encode_b64(&random_bytes::<SALT_BYTES>()).map_err(|_| PasswordError)?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError)?;
    let method = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = method.hash_password(password.expose_secret().as_bytes(), &salt).map_err(|_| PasswordError)?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Without a hash the answer is no, and takes as long: the time tells nobody
/// whether there is such a person.
pub fn password_fits(hash: Option<&str>, given: &SecretString) -> bool {
    let parsed = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let known = parsed.is_some();
    let Some(hash) = parsed.or_else(|| PasswordHash::new(NOBODY).ok()) else { return false };
    let fits = Argon2::default().verify_password(given.expose_secret().as_bytes(), &hash).is_ok();
    fits && known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn con_1_a_password_fits_its_own_hash_alone_and_is_salted() {
        let hash = hash_password(&secret("correct horse battery")).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hash_password(&secret("correct horse battery")).unwrap(), "each has a salt of its own");
        assert!(password_fits(Some(&hash), &secret("correct horse battery")));
        assert!(!password_fits(Some(&hash), &secret("Correct horse battery")));
        assert!(!password_fits(Some(&hash), &secret("")));
    }

    /// Reference of the argon2 command line (`echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24`), from its README.
    #[test]
    fn con_1_hashes_are_those_of_the_reference_implementation() {
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(password_fits(Some(reference), &secret("password")));
        assert!(!password_fits(Some(reference), &secret("passwore")));
    }

    #[test]
    fn con_1_without_a_hash_the_same_work_is_done_and_nothing_fits() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let params = Params::try_from(&nobody).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert_eq!(nobody.hash.unwrap().len(), 32);
        let own = hash_password(&secret("x")).unwrap();
        assert_eq!(PasswordHash::new(&own).unwrap().hash.unwrap().len(), 32, "as long as everybody's");
        assert!(!password_fits(None, &secret("anything")));
        assert!(!password_fits(Some("damaged"), &secret("anything")));
    }
}
