/**
 * A readable character: neither white space, nor a control character, nor invisible. Invisible are
 * U+200B, bidi marks, the byte order mark, Hangul fillers (Default_Ignorable_Code_Point),
 * annotation marks (U+FFF9 to U+FFFB) and the empty Braille pattern (U+2800).
 */
const readable = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/**
 * Whether a text has no readable character and so counts as empty. It stops at the first readable
 * one. When the model's texts are normalized, this is called with the normalized text.
 */
export function isBlank(text: string | undefined): boolean {
  return text === undefined || !(beginsWithAscii(text) || readable.test(text));
}

/**
 * Most texts begin with a readable ASCII character. This test takes a tenth of the pattern's time.
 */
function beginsWithAscii(text: string): boolean {
  const first = text.charCodeAt(0);
  return first > 0x20 && first < 0x7f;
}
