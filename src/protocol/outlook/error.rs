//! What is answered to a call that is not understood or not allowed (outlook-payments sections 5.7 and 8): a status and a short
//! plain text. It names a member, never what was sent: requests hold tokens and personal data.

/// A call that is refused as a whole. Refused payments are no errors: they are answered with 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutlookError {
    /// Not JSON, or a member is missing or of another type.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// An `event` that does not exist.
    #[error("unknown event")]
    UnknownEvent,
    /// Longer than 256 KiB (section 5.8).
    #[error("the body is too long")]
    TooLong,
    /// No bearer token, or one that does not verify: an empty body (section 7.3).
    #[error("unauthorized")]
    Unauthorized,
    /// Another sender or user than the invoice's, or a service token that is not honoured (sections 7.4 and 13.8).
    #[error("not for this user")]
    WrongParty,
    /// `productContext` names no invoice of ours.
    #[error("unknown productContext")]
    UnknownContext,
    /// Not POST.
    #[error("use POST")]
    Method,
    /// Another media type than JSON.
    #[error("send application/json")]
    MediaType,
    /// Ours: worth another attempt.
    #[error("temporarily unavailable")]
    Unavailable,
}

impl OutlookError {
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) | Self::UnknownEvent => 400,
            Self::Unauthorized => 401,
            Self::WrongParty => 403,
            Self::UnknownContext => 404,
            Self::Method => 405,
            Self::TooLong => 413,
            Self::MediaType => 415,
            Self::Unavailable => 503,
        }
    }

    /// The body, as `text/plain`.
    pub fn body(self) -> String {
        match self {
            Self::Unauthorized => String::new(),
            told => told.to_string(),
        }
    }

    /// `WWW-Authenticate`, which goes with 401 (section 7.3).
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Unauthorized => Some("Bearer"),
            _ => None,
        }
    }
}

/// The media type of every answer with a JSON body (section 8).
pub const JSON_TYPE: &str = "application/json; charset=utf-8";

/// Takes `application/json` with any parameter, and a missing type (section 8).
pub fn check_media_type(content_type: Option<&str>) -> Result<(), OutlookError> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.is_empty() || essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(OutlookError::MediaType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_refusals_have_the_specification_s_status_and_say_little() {
        for (error, status) in [
            (OutlookError::Malformed("details"), 400),
            (OutlookError::UnknownEvent, 400),
            (OutlookError::Unauthorized, 401),
            (OutlookError::WrongParty, 403),
            (OutlookError::UnknownContext, 404),
            (OutlookError::Method, 405),
            (OutlookError::MediaType, 415),
            (OutlookError::Unavailable, 503),
        ] {
            assert_eq!(error.status(), status);
            assert!(error.body().len() < 60);
            assert_eq!(error.challenge().is_some(), status == 401);
        }
        assert_eq!(OutlookError::Unauthorized.body(), "");
    }

    #[test]
    fn r1_json_is_taken_with_any_parameter_or_without_a_type() {
        for taken in [None, Some(""), Some("application/json"), Some("Application/JSON ; charset=iso-8859-1")] {
            assert_eq!(check_media_type(taken), Ok(()));
        }
        for refused in ["text/plain", "application/json5", "application/x-www-form-urlencoded"] {
            assert_eq!(check_media_type(Some(refused)), Err(OutlookError::MediaType));
        }
    }
}
