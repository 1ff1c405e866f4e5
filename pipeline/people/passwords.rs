//! Passwords of users, which are never kept: only what argon2id makes of them.
//!
//! Not here: PINs and passwords of cards, of which the system has none (domain.md §8).

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::{
    LOGIN_HASHES_AT_ONCE, PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, VERIFIER_LANES, VERIFIER_MEMORY_KIB,
    VERIFIER_PASSES, VERIFIER_SALT_BYTES,
};

static TURNS: Semaphore = Semaphore::const_new(LOGIN_HASHES_AT_ONCE);

/// A turn to hash a password: a flood of logins takes the memory and the cores of a few.
pub(super) async fn turn() -> Option<SemaphorePermit<'static>> {
    TURNS.acquire().await.ok()
}

/// What somebody typed. It has neither `Debug` nor `Display`.
pub struct Password(String);

/// Why a password cannot be used. Carries no part of it.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {PASSWORD_CHARACTERS_MIN} characters")]
    Short,
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    #[error("a password is not the user's name")]
    Name,
    #[error("argon2id: {0}")]
    Hash(String),
}

impl Password {
    /// What was typed, the end of the line left out.
    pub fn typed(line: &str) -> Password {
        Password(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the same, for a password that is typed twice.
    pub fn is(&self, other: &Password) -> bool {
        self.0 == other.0
    }

    /// What is kept of a new password, in the PHC format; with parameters and a salt of its own.
    pub fn verifier(&self, name: &str) -> Result<String, PasswordError> {
        if self.0.chars().count() < PASSWORD_CHARACTERS_MIN {
            return Err(PasswordError::Short);
        }
        if self.0.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::Long);
        }
        if self.0.eq_ignore_ascii_case(name) {
            return Err(PasswordError::Name);
        }
        let mut salt = [0_u8; VERIFIER_SALT_BYTES];
        rand::fill(&mut salt);
        hash(&self.0, &salt)
    }

    /// Whether this is the password of a verifier; for nobody (`None`) it takes as long, and is not.
    pub fn opens(&self, verifier: Option<&str>) -> bool {
        // Longer than any password there is: not worth the time.
        let typed = if self.0.len() > PASSWORD_BYTES_MAX { "" } else { self.0.as_str() };
        // A service's credential and a first link are no passwords: as nobody.
        match verifier.filter(|verifier| verifier.starts_with('$')) {
            Some(verifier) => Argon2::default().verify_password(typed.as_bytes(), verifier).is_ok(),
            None => {
                let _ = hash(typed, &[0; VERIFIER_SALT_BYTES]);
                false
            }
        }
    }
}

fn hash(password: &str, salt: &[u8]) -> Result<String, PasswordError> {
    let told = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let params =
        Params::new(VERIFIER_MEMORY_KIB, VERIFIER_PASSES, VERIFIER_LANES, None).map_err(|error| told(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password_with_salt(password.as_bytes(), salt).map_err(|error| told(&error))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_opens_its_verifier() {
        let verifier = Password::typed("correct horse battery\n").verifier("lin").unwrap();
        assert!(verifier.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{verifier}");
        assert!(!verifier.contains("horse"));
        assert!(Password::typed("correct horse battery").opens(Some(&verifier)));
        assert!(!Password::typed("correct horse batterz").opens(Some(&verifier)));
        assert!(!Password::typed("correct horse battery").opens(None));
        assert!(!Password::typed("").opens(Some("no verifier")));
    }

    #[test]
    fn two_users_with_one_password_have_two_verifiers() {
        let password = Password::typed("correct horse battery");
        assert_ne!(password.verifier("lin").unwrap(), password.verifier("wang").unwrap());
    }

    #[tokio::test]
    async fn a_few_passwords_are_hashed_at_once() {
        let mut turns = Vec::new();
        for _ in 0..LOGIN_HASHES_AT_ONCE {
            turns.push(turn().await);
        }
        assert!(TURNS.try_acquire().is_err(), "the next one waits");
        turns.pop();
        assert!(turn().await.is_some());
    }

    #[test]
    fn a_bad_password_is_refused_with_its_reason() {
        assert!(matches!(Password::typed("short").verifier("lin"), Err(PasswordError::Short)));
        assert!(matches!(Password::typed(&"x".repeat(300)).verifier("lin"), Err(PasswordError::Long)));
        assert!(matches!(Password::typed("Administrator-1").verifier("administrator-1"), Err(PasswordError::Name)));
    }
}
