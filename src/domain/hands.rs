//! Through whose hands somebody's way in has gone. Four eyes counts hands, not names alone: whoever gave another person their
//! password and their second factor can be that person.

use std::collections::BTreeSet;

use super::UserName;

/// Names of people, each of whom may know a password, or may have set up a second factor, beside the person whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Hands(BTreeSet<UserName>);

impl Hands {
    /// Of these.
    pub fn of(names: impl IntoIterator<Item = UserName>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Nobody's but the person's own, and those of who is at the shell: access to the host is outside of this rule.
    pub const fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether it is nobody's.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &UserName> {
        self.0.iter()
    }

    /// Whether this person is among them.
    pub fn has(&self, name: &UserName) -> bool {
        self.0.contains(name)
    }

    /// These and one more. What an admin gives goes through the hands of all who may be that admin.
    #[must_use]
    pub fn and(mut self, name: UserName) -> Self {
        self.0.insert(name);
        self
    }

    /// Those who are in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_4_hands_are_told_apart() {
        let hands = |names: &[&str]| Hands::of(names.iter().map(|name| UserName::parse(name).unwrap()));
        let (ada, ben) = (hands(&["ada"]), hands(&["Ben"]));
        assert!(Hands::none().is_none() && ada.common(&ben).is_none());
        let both = ada.clone().and(UserName::parse("ben").unwrap());
        assert_eq!(both, hands(&["ben", "ada"]));
        assert_eq!(both.common(&ben), ben);
        assert!(both.has(&UserName::parse("ADA").unwrap()) && !ben.has(&UserName::parse("ada").unwrap()));
    }
}
