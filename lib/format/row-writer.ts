/**
 * Rows as bytes, written one cell after the other into one buffer that grows. Written for speed: each request
 * becomes a row, and a row put together from a dozen strings costs more than all that is decided for it.
 */
const BYTES_AT_FIRST = 4 * 1024;
/** Longest count (2^53) and longest amount (18 digits, a sign, a point and a zero before it). */
const NUMBER_BYTES_MAX = 24;
/** Fewer bytes than this are copied faster one by one than by a call. */
const COPY_AT_ONCE_MIN = 48;
const [ZERO, POINT, MINUS] = [48, 46, 45];

export class RowWriter {
  #bytes = Buffer.allocUnsafe(BYTES_AT_FIRST);
  #end = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#end;
  }

  /** What was written; good until more is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Takes back what was written behind the first `length` bytes. */
  cut(length: number): void {
    this.#end = length;
  }

  /** A text as it is: quoted by the caller where it must be. */
  text(text: string): void {
    const { length } = text;
    this.#make(length);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 127) {
        this.#wideText(text);
        return;
      }
      bytes[end++] = code;
    }
    this.#end = end;
  }

  /** Bytes as they are. */
  copy(from: Buffer, start: number, end: number): void {
    this.#make(end - start);
    const bytes = this.#bytes;
    let to = this.#end;
    if (end - start > COPY_AT_ONCE_MIN) to += from.copy(bytes, to, start, end);
    else for (let at = start; at < end; at++) bytes[to++] = from[at] as number;
    this.#end = to;
  }

  #wideText(text: string): void {
    this.#make(text.length * 3);
    this.#end += this.#bytes.write(text, this.#end, 'utf8');
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(count: number): void {
    this.#make(NUMBER_BYTES_MAX);
    let places = 1;
    for (let least = 10; least <= count; least *= 10) places++;
    this.#end += places;
    let rest = count;
    for (let at = this.#end - 1; places > 0; places--, at--) {
      const digit = rest % 10;
      this.#bytes[at] = ZERO + digit;
      rest = (rest - digit) / 10;
    }
  }

  /** Minor units as decimal text, as `formatMinor` (money.ts) spells it. */
  minor(minor: bigint, digits: number): void {
    const text = minor.toString();
    this.#make(NUMBER_BYTES_MAX);
    const bytes = this.#bytes;
    let end = this.#end;
    let at = 0;
    if (text.charCodeAt(0) === MINUS) {
      bytes[end++] = MINUS;
      at = 1;
    }
    const point = text.length - digits;
    if (point <= at) {
      // Less than one: zeros in front of what there is.
      bytes[end++] = ZERO;
      bytes[end++] = POINT;
      for (let missing = at - point; missing > 0; missing--) bytes[end++] = ZERO;
    }
    for (; at < text.length; at++) {
      if (at === point && digits > 0 && bytes[end - 1] !== POINT) bytes[end++] = POINT;
      bytes[end++] = text.charCodeAt(at);
    }
    this.#end = end;
  }

  /** Makes room for `more` bytes. */
  #make(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#end + more, this.#bytes.length * 2));
    this.#bytes.copy(wider, 0, 0, this.#end);
    this.#bytes = wider;
  }
}
