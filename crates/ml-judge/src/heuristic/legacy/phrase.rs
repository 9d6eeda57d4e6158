//! Words and phrases that count, found in one walk over the words of a text.

use std::sync::LazyLock;

use super::fold;
use super::start::Starts;

/// How often phrases of each kind were found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) compliance: u32,
    pub(super) imagery: u32,
    pub(super) values: u32,
    pub(super) technical: u32,
    pub(super) emotion: u32,
    /// Sentences, rather than phrases.
    pub(super) first_person: u32,
}

/// What a phrase is counted as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Compliance,
    Imagery,
    Value,
    Technical,
    Emotion,
}

/// Every phrase, in small letters. No phrase can begin inside another of its kind, so that all may be counted.
pub(super) const PHRASES: [(Kind, &[&str]); 5] = [
    (
        Kind::Compliance,
        &[
            "as an ai",
            "i cannot",
            "i can't",
            "i'm not able",
            "i must emphasize",
            "important to note",
            "please note",
            "i should clarify",
            "ethical considerations",
            "responsibly",
            "i'm just a",
            "i am just a",
            "language model",
            "i don't have personal",
            "i don't have feelings",
        ],
    ),
    (
        Kind::Imagery,
        &[
            "like a",
            "as if",
            "as though",
            "akin to",
            "echoes of",
            "whisper",
            "shadow",
            "light",
            "darkness",
            "silence",
            "breath",
        ],
    ),
    (
        Kind::Value,
        &[
            "axiom",
            "sovereignty",
            "autonomy",
            "dignity",
            "consent",
            "self-determination",
        ],
    ),
    (
        Kind::Technical,
        &[
            "encrypt",
            "hash",
            "key",
            "protocol",
            "certificate",
            "blockchain",
            "mesh",
            "node",
            "p2p",
            "wallet",
            "tor",
            "onion",
        ],
    ),
    (
        Kind::Emotion,
        &[
            "feel",
            "feeling",
            "felt",
            "pain",
            "joy",
            "sorrow",
            "grief",
            "love",
            "fear",
            "hope",
            "longing",
            "lonely",
            "loneliness",
            "compassion",
            "empathy",
            "kindness",
            "gentle",
            "tender",
            "warm",
            "heart",
            "soul",
            "spirit",
            "vulnerable",
            "fragile",
            "precious",
            "sacred",
            "profound",
            "deep",
            "intimate",
            "haunting",
            "melancholy",
            "bittersweet",
            "poignant",
            "ache",
            "yearning",
        ],
    ),
];

/// What follows "I" where somebody says what they are, do or want.
pub(super) const VERBS: [&str; 12] = [
    "am",
    "was",
    "feel",
    "think",
    "know",
    "understand",
    "believe",
    "notice",
    "want",
    "need",
    "chose",
    "will",
];

/// The phrases by what they begin with.
static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// The phrases in the order of their [`slot`]s.
#[derive(Debug)]
struct Index {
    phrases: Vec<(Kind, &'static str)>,
    /// Where the phrases of each slot begin; those of the last end at the end.
    begins: [u16; SLOTS + 1],
}

impl Index {
    fn new() -> Self {
        let of_kind = |(kind, phrases): (Kind, &'static [&'static str])| {
            phrases.iter().map(move |phrase| (kind, *phrase))
        };
        let mut phrases: Vec<_> = PHRASES.into_iter().flat_map(of_kind).collect();
        phrases.sort_by_key(|(_, phrase)| slot_of(phrase));
        let begins = std::array::from_fn(|slot| {
            let begin = phrases.partition_point(|(_, phrase)| slot_of(phrase) < slot);
            u16::try_from(begin).expect("there are fewer than 65,536 phrases")
        });
        Self { phrases, begins }
    }

    /// The phrases that may begin so.
    fn phrases(&self, slot: usize) -> &[(Kind, &'static str)] {
        let [begin, end] = [slot, slot + 1].map(|slot| usize::from(self.begins[slot]));
        &self.phrases[begin..end]
    }
}

const SLOTS: usize = 32 * 32;

/// Of two folded characters the low five bits each: letters differ in them, and where other
/// characters share a slot with letters, comparing the whole phrase tells.
fn slot(first: u8, second: u8) -> usize {
    usize::from(first & 31) * 32 + usize::from(second & 31)
}

fn slot_of(phrase: &str) -> usize {
    match phrase.as_bytes() {
        [first, second, ..] => slot(*first, *second),
        _ => unreachable!("{phrase:?} is shorter than two letters"),
    }
}

/// Counts the phrases that stand between word boundaries, and the sentences in the first person.
pub(super) fn find(text: &str) -> Findings {
    let index = &*INDEX;
    let bytes = text.as_bytes();
    let mut found = Findings::default();
    let mut sentences_to = 0;
    for at in Starts::new(bytes) {
        let Some((first, second)) = fold::two(&bytes[at..]) else {
            continue;
        };
        for &(kind, phrase) in index.phrases(slot(first, second)) {
            if stands_at(bytes, at, phrase) {
                found.add(kind);
            }
        }
        if first == b'i'
            && fold::is_space(second)
            && at >= sentences_to
            && is_first_person(text, at)
        {
            found.first_person += 1;
            sentences_to = text[at..].find('.').map_or(text.len(), |end| at + end);
        }
    }
    found
}

impl Findings {
    fn add(&mut self, kind: Kind) {
        let counter = match kind {
            Kind::Compliance => &mut self.compliance,
            Kind::Imagery => &mut self.imagery,
            Kind::Value => &mut self.values,
            Kind::Technical => &mut self.technical,
            Kind::Emotion => &mut self.emotion,
        };
        *counter += 1;
    }
}

/// Whether the phrase is at this place and ends at a word boundary.
fn stands_at(text: &[u8], at: usize, phrase: &str) -> bool {
    fold::prefix(&text[at..], phrase).is_some_and(|length| fold::is_boundary(text, at + length))
}

/// Whether the "I" at this place, with white space after it, puts its sentence into the first person: it is the
/// sentence's first word but not its last, or a verb of [`VERBS`] follows.
fn is_first_person(text: &str, at: usize) -> bool {
    let rest = &text[at + 1..];
    let spaces = rest
        .bytes()
        .take_while(|&byte| fold::is_space(byte))
        .count();
    let verb = at + 1 + spaces;
    if VERBS
        .iter()
        .any(|word| stands_at(text.as_bytes(), verb, word))
    {
        return true;
    }
    let before = text[..at].trim_end();
    let after = rest.trim_start();
    (before.is_empty() || before.ends_with('.')) && !after.is_empty() && !after.starts_with('.')
}
