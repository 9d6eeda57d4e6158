//! Bytes written as printable characters, as GPT-2 and its successors keep them in vocabularies.

/// Appends the bytes that `token` stands for. A token with any other character, such as an added
/// one in Chinese, stands for itself.
pub(super) fn append(token: &str, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    for character in token.chars() {
        let Some(byte) = byte_of(character) else {
            bytes.truncate(start);
            bytes.extend_from_slice(token.as_bytes());
            return;
        };
        bytes.push(byte);
    }
}

/// Printable bytes of Latin-1 are themselves; the others follow from U+0100 on, in their order.
fn byte_of(character: char) -> Option<u8> {
    match u32::from(character) {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => u8::try_from(code).ok(),
        code @ 0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        code @ 0x121..=0x142 => u8::try_from(code - 0x121 + 0x7F).ok(),
        0x143 => Some(0xAD),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;

    use super::*;

    fn bytes(token: &str) -> Vec<u8> {
        let mut bytes = vec![7];
        append(token, &mut bytes);
        bytes.split_off(1)
    }

    #[test]
    fn every_byte_has_one_character_of_the_alphabet() {
        let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
        alphabet.sort_unstable();
        let mut found: Vec<u8> = alphabet.iter().filter_map(|c| byte_of(*c)).collect();
        found.sort_unstable();
        assert_eq!(found, (0..=255).collect::<Vec<u8>>());
        let others = (0..0x1_0000).filter_map(char::from_u32);
        let mut others = others.filter(|c| alphabet.binary_search(c).is_err());
        assert_eq!(others.find(|c| byte_of(*c).is_some()), None);
    }

    #[test]
    fn tokens_become_bytes_and_foreign_ones_themselves() {
        assert_eq!(bytes("ĠParis"), b" Paris");
        assert_eq!(bytes("Ċ"), b"\n");
        assert_eq!(bytes("ðŁĺĢ"), "😀".as_bytes());
        assert_eq!(bytes("Ġ工具"), "Ġ工具".as_bytes());
    }
}
