import { FormatDamage } from '#lib/format/damage.js';

/** `whole` if it was read, 'damage' if it was refused; any other exception goes through. */
export function readOrDamage<T>(read: () => T): T | 'damage' {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatDamage) return 'damage';
    throw error;
  }
}

/** Every way to cut the end off. */
export function* cuts(bytes: Buffer): Generator<Buffer> {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
}

/** Every way to flip one bit, and to put the bytes in that hurt most. */
export function* flips(bytes: Buffer): Generator<Buffer> {
  const masks = [1, 2, 4, 8, 16, 32, 64, 128, 255];
  const hurting = [...'",\n.\r\0= \'0'].map((letter) => letter.charCodeAt(0));
  for (let at = 0; at < bytes.length; at++) {
    const was = bytes[at] ?? 0;
    for (const now of new Set([...masks.map((mask) => was ^ mask), ...hurting])) {
      if (now === was) continue;
      const changed = Buffer.from(bytes);
      changed[at] = now;
      yield changed;
    }
  }
}
