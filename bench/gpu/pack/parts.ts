/** The names of a set's parts: project.1of2.bin, project.2of2.bin. */
export function partNames(set: string, bytes: number, mostBytes: number): readonly string[] {
  const count = Math.max(1, Math.ceil(bytes / mostBytes));
  return Array.from({ length: count }, (_, place) => `${set}.${place + 1}of${count}.bin`);
}
