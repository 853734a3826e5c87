//! People who decide: named users and their roles (contract section 1). Four eyes counts names.

use super::UserName;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Decides about money.
    Finance,
    /// Keeps the server running.
    Operator,
    /// Everything, and the other users.
    Admin,
}

/// What a role can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Look.
    Look,
    /// Money.
    DecideMoney,
    /// Operate.
    Operate,
    /// People.
    ManagePeople,
}

impl Role {
    /// May.
    pub const fn may(self, _: Capability) -> bool {
        true
    }
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Finance, Self::Operator, Self::Admin];

    /// The name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Finance => "finance",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this role decides about money: acceptance, reasons, transfers.
    pub const fn decides_about_money(self) -> bool {
        match self {
            Self::Finance | Self::Admin => true,
            Self::Viewer | Self::Operator => false,
        }
    }
}

/// Who stands behind a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: UserName,
    /// Their role; `None` where only the operator vouched for the name.
    pub role: Option<Role>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("Admin"), None);
        assert!(Role::Finance.decides_about_money() && !Role::Operator.decides_about_money());
    }
}
