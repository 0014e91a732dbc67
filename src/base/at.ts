/**
 * The item of a list at an index that is known to be there.
 *
 * @throws Error when it is not: a bug, which a default value would hide.
 */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const item = list[index];
  if (item === undefined) {
    throw new Error(`this is a bug: index ${index} of ${list.length}`);
  }
  return item;
}
