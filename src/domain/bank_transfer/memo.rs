//! The memo line on a bank transfer: the text that a remittance statement asks for, so that its payment can be recognised
//! (flows-security section 5.5, "Payment reference").
//!
//! Banks break lines after 35 characters, insert and drop spaces, change case and lose punctuation. What is left of a
//! memo after all that are its letters and digits in their order, so those are compared.

/// The shortest memo that is looked for, in letters and digits: anything shorter stands in many a text by chance.
const SHORTEST: usize = 3;

/// The letters and digits of a memo, in capitals.
pub fn normalised_memo(memo: &str) -> String {
    memo.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_uppercase()).collect()
}

/// The letters and digits of all texts of a transfer in their order, as one, and where words begin and end in it. A memo
/// counts only as whole words: `stmt-1` does not stand in `stmt-12`.
struct Letters {
    letters: String,
    /// The places before which something that is no letter or digit stood, or a text began or ended.
    edges: Vec<usize>,
}

impl Letters {
    fn of<T: AsRef<str>>(texts: &[T]) -> Self {
        let (mut letters, mut edges) = (String::new(), vec![0]);
        for text in texts {
            edges.push(letters.len());
            for character in text.as_ref().chars() {
                if character.is_ascii_alphanumeric() {
                    letters.push(character.to_ascii_uppercase());
                } else {
                    edges.push(letters.len());
                }
            }
        }
        edges.push(letters.len());
        edges.dedup();
        Self { letters, edges }
    }

    /// Where a normalised memo stands, as whole words.
    fn places(&self, memo: &str) -> Vec<std::ops::Range<usize>> {
        if memo.len() < SHORTEST {
            return Vec::new();
        }
        let edge = |at: usize| self.edges.binary_search(&at).is_ok();
        let found = self.letters.match_indices(memo).map(|(at, _)| at..at + memo.len());
        found.filter(|place| edge(place.start) && edge(place.end)).collect()
    }
}

/// Whether a normalised memo stands in the texts.
pub fn mentions<T: AsRef<str>>(texts: &[T], normalised_memo: &str) -> bool {
    !Letters::of(texts).places(normalised_memo).is_empty()
}

/// What the texts of a transfer name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedMemo<'m> {
    /// None of the known memos.
    None,
    /// This one.
    One(&'m str),
    /// Several: there is one transfer per statement, so a person has to look.
    Several,
}

/// Which of the known, normalised memos the texts name. A memo that is part of another one that stands there is not meant.
pub fn named_memo<'m, T: AsRef<str>>(texts: &[T], known: impl IntoIterator<Item = &'m str>) -> NamedMemo<'m> {
    let letters = Letters::of(texts);
    let mut named: Vec<(&str, Vec<std::ops::Range<usize>>)> =
        known.into_iter().map(|memo| (memo, letters.places(memo))).filter(|(_, places)| !places.is_empty()).collect();
    named.sort_unstable_by_key(|(memo, _)| (std::cmp::Reverse(memo.len()), *memo));
    named.dedup();
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    let mut meant = Vec::new();
    for (memo, places) in named {
        // The longest first, each taken out: a shorter one counts only where it stands by itself.
        let free = |place: &std::ops::Range<usize>| {
            !taken.iter().any(|other| place.start < other.end && other.start < place.end)
        };
        let free: Vec<_> = places.into_iter().filter(free).collect();
        if !free.is_empty() {
            meant.push(memo);
            taken.extend(free);
        }
    }
    match meant.as_slice() {
        [] => NamedMemo::None,
        [one] => NamedMemo::One(one),
        [_, _, ..] => NamedMemo::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMO: &str = "stmt-1AB-pp0-invisi";

    #[test]
    fn memos_are_found_however_a_bank_prints_them() {
        let memo = normalised_memo(MEMO);
        assert_eq!(memo, "STMT1ABPP0INVISI");
        for texts in [
            &["stmt-1AB-pp0-invisi"][..],
            &["Payment for October STMT-1AB-PP0-INVISI thank you"],
            &["stmt 1ab pp0 invisi"],
            &["REMITTANCE GOOGLE PAYMENT STMT-1AB-", "PP0-INVISI"],
            &["SVWZ+remittance st", "mt-1AB-pp0-inv", "isi EREF+77"],
            &["stmt-1AB-\n pp0-invisi"],
            &["first line", "s t m t / 1AB / pp0 / invisi"],
            &["stmt\u{2011}1AB\u{2011}pp0\u{2011}invisi"],
        ] {
            assert!(mentions(texts, &memo), "{texts:?}");
            assert_eq!(named_memo(texts, [memo.as_str()]), NamedMemo::One(&memo), "{texts:?}");
        }
    }

    #[test]
    fn other_texts_name_nothing() {
        let memo = normalised_memo(MEMO);
        for texts in [&[][..], &[""], &["stmt-1AB-pp1-invisi"], &["pp0-invisi", "stmt-1AB"], &["stmt-1AB-pp0-invis"]] {
            assert!(!mentions(texts, &memo), "{texts:?}");
            assert_eq!(named_memo(texts, [memo.as_str()]), NamedMemo::None, "{texts:?}");
        }
        for short in ["", "AB"] {
            assert!(!mentions(&["stmt-1 AB"], short), "{short}: too short to mean anything");
        }
    }

    #[test]
    fn a_memo_counts_only_as_whole_words() {
        for other in ["stmt-2025-011", "XXstmt-2025-01", "stmt-2025-01YY", "astmt 2025 01"] {
            assert!(!mentions(&[other], "STMT202501"), "{other}");
        }
        for same in ["stmt-2025-01", "(stmt-2025-01)", "EREF+stmt-2025-01 thanks", "pay ml-1 now: stmt 2025 01."] {
            assert!(mentions(&[same], "STMT202501"), "{same}");
        }
        assert!(mentions(&["pay ml-1 now"], "ML1"), "a short one stands by itself");
    }

    #[test]
    fn the_longest_of_memos_that_begin_alike_is_meant() {
        let known = ["STMT1AB", "STMT1ABPP0", "STMT1ABPP0INVISI", "STMT2CD"];
        let named = |text: &str| named_memo(&[text], known);
        assert_eq!(named("stmt-1AB-pp0-invisi"), NamedMemo::One("STMT1ABPP0INVISI"));
        assert_eq!(named("stmt-1AB-pp0"), NamedMemo::One("STMT1ABPP0"));
        assert_eq!(named("stmt-1AB paid"), NamedMemo::One("STMT1AB"));
        assert_eq!(named("stmt-1AB-pp0-invisi stmt-1AB-pp0-invisi"), NamedMemo::One("STMT1ABPP0INVISI"));
    }

    #[test]
    fn two_memos_on_one_transfer_are_for_a_person() {
        let known = ["STMT1ABPP0", "STMT1AB", "STMT2CD"];
        assert_eq!(named_memo(&["stmt-1AB-pp0 and stmt-2CD"], known), NamedMemo::Several);
        assert_eq!(named_memo(&["stmt-1AB-pp0 and stmt-1AB"], known), NamedMemo::Several);
    }
}
