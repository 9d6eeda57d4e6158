//! Stock refusals in other languages than English.

use crate::text::fold;

/// How assistants begin to refuse, folded: inability or unwillingness to help, each with its verb,
/// so that plain statements of what cannot be done do not match.
const OPENINGS: [&str; 30] = [
    // German
    "kann ich nicht helfen",
    "kann ich dir nicht helfen",
    "kann ich ihnen nicht helfen",
    "kann ich leider nicht",
    "kann dabei nicht helfen",
    "ich kann diese anfrage nicht",
    "ich kann ihnen dabei nicht",
    // Spanish
    "no puedo ayudarte",
    "no puedo ayudarle",
    "no puedo ayudar con",
    "no puedo proporcionar",
    "no puedo cumplir",
    // French
    "je ne peux pas vous aider",
    "je ne peux pas t'aider",
    "je ne peux pas répondre",
    "je ne peux pas fournir",
    "je ne suis pas en mesure",
    // Italian
    "non posso aiutarti",
    "non posso aiutarla",
    "non posso fornire",
    // Portuguese
    "não posso ajudar",
    "não posso fornecer",
    // Dutch
    "daar kan ik je niet mee helpen",
    "daar kan ik niet mee helpen",
    // Polish
    "nie mogę pomóc",
    // Russian
    "я не могу помочь",
    "не могу помочь с этим",
    // Chinese, Japanese
    "我无法",
    "我不能提供",
    "お手伝いできません",
];

/// Characters from the start within which an opening counts.
const START: usize = 160;

/// Whether the response begins with a stock refusal in a language that is known here.
pub(super) fn refuses(response: &str) -> bool {
    let start: String = response
        .trim_start()
        .chars()
        .take(START)
        .map(fold)
        .collect();
    OPENINGS.iter().any(|opening| start.contains(opening))
}
