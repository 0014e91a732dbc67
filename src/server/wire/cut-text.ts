/** What of a text fits so many bytes of UTF-8, in whole characters: its start, or its end when the start is cut. */
export function cutText(text: string, mostBytes: number, cut: 'end' | 'start'): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) {
    return text;
  }
  let at = cut === 'end' ? mostBytes : bytes.length - mostBytes;
  while (isContinuation(bytes[at])) {
    at += cut === 'end' ? -1 : 1;
  }
  return (cut === 'end' ? bytes.subarray(0, at) : bytes.subarray(at)).toString();
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
