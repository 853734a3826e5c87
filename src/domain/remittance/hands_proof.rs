//! Four eyes: who counts as a second person.

use super::planted::{History, approval, approve};
use super::proof::matched;
use super::*;
use crate::domain::{Hands, UserName};

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

/// An approval by somebody, and who else can sign in as them.
type By<'a> = (&'a str, &'a [&'a str]);

fn of((by, held_by): By<'_>) -> Approval {
    Approval { held_by: Hands::of(held_by.iter().map(|held| name(held))), ..approval(by, &[]) }
}

fn above_the_limit() -> History {
    let mut history = matched();
    history.rules.two_persons_above_micros = Some(0);
    history
}

#[test]
fn con_4_two_approvals_count_as_two_persons_only_if_no_hand_could_have_given_both() {
    let refused = |held: &str, hand: &str| Some(Rejection::SameHands { held: name(held), hand: name(hand) });
    let table: [(By<'_>, By<'_>, Option<Rejection>); 11] = [
        (("ann", &[]), ("bob", &[]), None),
        (("ann", &[]), ("ann", &[]), Some(Rejection::SamePerson)),
        (("ann", &[]), ("ann", &["root"]), Some(Rejection::SamePerson)),
        // An admin and somebody whose way in the admin has made, in both orders.
        (("root", &[]), ("bob", &["root"]), refused("bob", "root")),
        (("bob", &["root"]), ("root", &[]), refused("bob", "root")),
        // Both in the hands of the same third person, who has approved nothing in their own name.
        (("ann", &["root"]), ("bob", &["root"]), refused("bob", "root")),
        (("ann", &["chief", "root"]), ("bob", &["root"]), refused("bob", "root")),
        // In somebody's hands, but of another one.
        (("ann", &["root"]), ("bob", &["chief"]), None),
        (("ann", &["root"]), ("bob", &[]), None),
        (("ann", &[]), ("bob", &["root"]), None),
        // Each the other's admin.
        (("ann", &["bob"]), ("bob", &["ann"]), refused("bob", "ann")),
    ];
    for (first, second, expected) in table {
        let mut history = above_the_limit();
        approve(&mut history, of(first)).unwrap();
        let came = approve(&mut history, of(second));
        let at = format!("{first:?}, then {second:?}: {came:?}");
        match expected {
            None => assert_eq!(history.state.name(), "Accepted", "{at}"),
            Some(why) => {
                assert_eq!(came, Err(why), "{at}");
                assert!(history.entries.is_empty(), "nothing is booked: {at}");
                approve(&mut history, of(("third", &[]))).unwrap();
                assert_eq!(history.state.name(), "Accepted", "a third person can: {at}");
            }
        }
    }
}

#[test]
fn con_4_the_refusal_says_whose_hands_and_what_helps() {
    let text = Rejection::SameHands { held: name("bob"), hand: name("root") }.to_string();
    for words in
        ["bob signs in with what root gave", "a third person", "another administrator", "roundtrip user passwd bob"]
    {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn con_4_one_person_is_enough_below_the_limit_whoever_holds_them() {
    let mut history = matched();
    approve(&mut history, of(("bob", &["root"]))).unwrap();
    assert_eq!(history.state.name(), "Accepted");
    let done = history.state.reconciled().unwrap();
    assert_eq!(done.approvals[0].held_by, Hands::of([name("root")]), "it is kept with the approval");
}
