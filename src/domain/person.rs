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

impl Role {
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
        self.may(Capability::DecideMoney)
    }
}

/// What somebody is allowed to do, beside everything else that guards it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// See what is there.
    Look,
    /// Decide about money: accept, refund, cancel, import what the bank says.
    DecideMoney,
    /// Keep the server running: dead letters, keys.
    Operate,
    /// Add people, disable them, give them roles.
    ManagePeople,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Look, Self::DecideMoney, Self::Operate, Self::ManagePeople];
}

impl Role {
    /// Whether somebody of this role may do this.
    pub const fn may(self, what: Capability) -> bool {
        match (self, what) {
            (Self::Admin, _) | (_, Capability::Look) => true,
            (Self::Finance, Capability::DecideMoney) | (Self::Operator, Capability::Operate) => true,
            (Self::Viewer | Self::Operator, Capability::DecideMoney) => false,
            (Self::Viewer | Self::Finance, Capability::Operate) => false,
            (Self::Viewer | Self::Finance | Self::Operator, Capability::ManagePeople) => false,
        }
    }

    /// Whether a token of somebody of this role may use a scope of the admin API (`area:read`, `area:write`): a token never
    /// does more than its person may. A scope that nobody knows is nobody's.
    pub fn allows_scope(self, scope: &str) -> bool {
        match scope.split_once(':') {
            Some((_, "read")) => self.may(Capability::Look),
            Some(("statements" | "refunds" | "reports" | "invoices" | "payments", "write")) => {
                self.may(Capability::DecideMoney)
            }
            Some(("outbox" | "keys", "write")) => self.may(Capability::Operate),
            Some(("bookings", "write")) => self.may(Capability::DecideMoney) || self.may(Capability::Operate),
            Some(_) | None => false,
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
    #[test]
    fn con_1_every_role_may_what_the_table_says() {
        // In the order of Capability::ALL: look, decide about money, operate, manage people.
        let table = [
            (Role::Viewer, [true, false, false, false]),
            (Role::Finance, [true, true, false, false]),
            (Role::Operator, [true, false, true, false]),
            (Role::Admin, [true, true, true, true]),
        ];
        assert_eq!(table.map(|(role, _)| role), Role::ALL);
        for (role, expected) in table {
            assert_eq!(Capability::ALL.map(|what| role.may(what)), expected, "{role:?}");
        }
    }

    #[test]
    fn con_1_every_scope_is_allowed_to_whom_the_table_says() {
        // In the order of Role::ALL: viewer, finance, operator, admin.
        let (everybody, money, operating) = ([true; 4], [false, true, false, true], [false, false, true, true]);
        for area in ["payments", "refunds", "statements", "reports", "invoices", "bookings", "outbox", "keys"] {
            let reading = format!("{area}:read");
            assert_eq!(Role::ALL.map(|role| role.allows_scope(&reading)), everybody, "{reading}");
        }
        let writing = [
            ("payments:write", money),
            ("refunds:write", money),
            ("statements:write", money),
            ("reports:write", money),
            ("invoices:write", money),
            ("bookings:write", [false, true, true, true]),
            ("outbox:write", operating),
            ("keys:write", operating),
            ("people:write", [false; 4]),
            ("payments:admin", [false; 4]),
            ("payments", [false; 4]),
        ];
        for (scope, expected) in writing {
            assert_eq!(Role::ALL.map(|role| role.allows_scope(scope)), expected, "{scope}");
        }
    }
}
