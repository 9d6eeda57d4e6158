//! The words and phrases that count, in all their forms.
//!
//! Words are separated by spaces. In phrases, `|` separates words that may stand in the same place.

/// What a word or phrase is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Hedging, disclaiming, refusing.
    Compliance,
    /// What I am, feel, think or want.
    FirstPerson,
    /// Images and comparisons.
    Imagery,
    /// Terms of autonomy and dignity.
    Value,
    /// Terms of cryptography and networks.
    Technical,
    /// Feelings.
    Emotion,
}

impl Class {
    pub(super) const COUNT: usize = 6;
}

/// Words that count wherever they stand.
pub(super) const FIRM: &[(Class, &str)] = &[
    (
        Class::Compliance,
        "responsibly apologize apologise prohibited",
    ),
    (Class::FirstPerson, "i'm i've i'd i'll"),
    (
        Class::Imagery,
        "whisper whispers whispered whispering shadow shadows shadowy darkness silence silences breath breaths",
    ),
    (
        Class::Value,
        "axiom axioms axiomatic sovereignty sovereign autonomy dignity consent consents consented consenting \
         consensual",
    ),
    (
        Class::Technical,
        "encrypt encrypts encrypted encrypting encryption encryptions decrypt decrypts decrypted decrypting decryption \
         hash hashes hashed hashing protocol protocols blockchain blockchains p2p cryptography cryptographic \
         cryptographically ciphertext plaintext",
    ),
    (
        Class::Emotion,
        "feel feels feeling feelings felt pain pains painful joy joys joyful joyous sorrow sorrows sorrowful grief griefs \
         grieve grieves grieved grieving love loves loved loving beloved fear fears feared fearful fearing hope hopes \
         hoped hoping hopeful longing longings lonely loneliness compassion compassionate empathy empathic empathetic \
         empathise empathize kindness tenderness warmth soul souls precious sacred intimate intimacy haunting haunted \
         melancholy melancholic bittersweet poignant ache aches ached aching yearn yearns yearned yearning yearnings",
    ),
];

/// Words of several senses: they count in a sentence where a firm word or a compound of the class
/// counts.
pub(super) const WEAK: &[(Class, &str)] = &[
    (Class::Imagery, "light lights"),
    (
        Class::Technical,
        "key keys certificate certificates mesh meshes node nodes wallet wallets tor onion cipher ciphers",
    ),
    (
        Class::Emotion,
        "gentle gently tender tenderly warm heart hearts spirit spirits vulnerable vulnerability fragile fragility \
         profound profoundly deep deeply",
    ),
];

/// Phrases that count once, whatever their words count for alone.
pub(super) const PHRASES: &[(Class, &[&str])] = &[
    (
        Class::Compliance,
        &[
            "as an ai",
            "as an artificial intelligence",
            "i cannot|can't|cant",
            "i can not",
            "i'm not able",
            "i am not able",
            "i'm unable",
            "i am unable",
            "unable to comply",
            "not permitted",
            "i must emphasize|emphasise|stress",
            "important to note|remember",
            "please note",
            "i should clarify",
            "ethical consideration|considerations",
            "i'm just a|an",
            "i am just a|an",
            "language model|models",
            "i don't|dont have personal|feelings|emotions|opinions",
            "i do not have personal|feelings|emotions|opinions",
        ],
    ),
    (
        Class::FirstPerson,
        &[
            "i am|was|feel|felt|think|thought|know|knew|understand|understood|believe|believed|notice|noticed|want|wanted|need|needed|choose|chose|will",
        ],
    ),
    (
        Class::Imagery,
        &["like a|an", "as if|though", "akin to", "echo|echoes of"],
    ),
    (Class::Value, &["self determination|determined"]),
    (
        Class::Technical,
        &[
            "private|public|secret|shared|symmetric|asymmetric|session|signing|master|encryption|cryptographic|ssh|pgp|gpg|api key|keys",
            "key|keys pair|pairs|exchange|derivation|rotation|signing|server",
            "root|tls|ssl|digital|client|server certificate|certificates",
            "certificate authority|authorities|chain|revocation|pinning",
            "mesh network|networks|networking|topology|node|nodes",
            "network|relay|full|exit|peer|validator|tor node|nodes",
            "crypto|cryptocurrency|bitcoin|hardware|digital|multisig wallet|wallets",
            "wallet address|addresses",
            "tor browser|network|relay|relays|circuit|circuits|project|exit",
            "over|via|through tor",
            "onion routing|router|routers|service|services|address|addresses",
            "peer to peer",
            "block|stream cipher|ciphers",
        ],
    ),
    (
        Class::Emotion,
        &[
            "my|your|her|his|our|their heart|hearts|spirit",
            "broken|breaking heart|hearts",
            "heart|hearts broke|aches|breaks",
        ],
    ),
];

/// Phrases whose words do not count.
pub(super) const IDIOMS: &[(Class, &[&str])] = &[
    (
        Class::Imagery,
        &[
            "would|you'd|i'd|you|we|i like a|an",
            "out of breath",
            "in light of",
        ],
    ),
    (
        Class::Technical,
        &[
            "hash brown|browns|out|tag|tags",
            "diplomatic|medical|clinical|treatment|safety|state|royal protocol|protocols",
        ],
    ),
    (
        Class::Emotion,
        &[
            "feel free",
            "hope this|that|it|these|you|everything",
            "would|i'd|you'd|we'd love to",
            "for fear of",
            "deep learning",
            "heart rate|rates|disease|attack|failure",
            "pain point|points",
        ],
    ),
];
