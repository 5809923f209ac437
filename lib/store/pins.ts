/**
 * PINs, and the tries at them: apart from both books, under `secrets/`. Each change is a new file with the next number,
 * made so that it fails where there is one already: of several processes one alone gets each number, and a thousand
 * tries at once are a thousand numbers. No lock, so that nobody who sleeps with one can undo what others counted.
 *
 *  N1 read the newest file; refuse while it is locked
 *  N2 make the next one, with one try more: durable before the PIN is looked at
 *  N3 look that it is the newest: one of an older number counts for nothing, and the try begins anew
 *  N4 remove the files before it
 *  N5 hash, compare; right: the same once more, with no wrong tries
 *
 * A file that was cut by a crash, or is being written, says nothing: nobody's PIN was looked at yet.
 */
import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, errorCode, ifThere, writeDurably } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { accountFolder, pageName, parsePageName } from '../format/account-path.js';
import { FormatDamage } from '../format/damage.js';
import { decodeSecret, encodeSecret, type Secret } from '../format/secret.js';
import type { AccountId } from '../ledger/account-id.js';
import { BankError } from '../ledger/errors.js';
import { makeNameDurable } from './durable.js';
import { PIN_LOCK_MAX_S, PIN_LOCK_S, PIN_LOOKS_MAX, PIN_TRIES_MAX } from './limits.js';

export const SECRETS_FOLDER = 'secrets';

export interface PinsParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly system: Pick<System, 'now' | 'random'>;
  /** Slow on purpose. In hex. */
  readonly hashPin: (pin: string, salt: string) => Promise<string>;
}

/** The newest file of an account, and what all of them say. */
interface Standing {
  readonly number: number;
  /** `undefined`: there is no PIN. */
  readonly secret: Secret | undefined;
}

export class Pins {
  readonly #parts: PinsParts;

  constructor(parts: PinsParts) {
    this.#parts = parts;
  }

  /** Gives an account a PIN, in the place of the one that it has; tries are forgotten. */
  async set(account: AccountId, pin: string, seen: number): Promise<void> {
    const { hashPin, system } = this.#parts;
    const salt = system.random() + system.random();
    const hash = await hashPin(pin, salt);
    await this.#makeFolder(account);
    const fresh = { account, wrong: 0, triedAt: '', seen, salt, hash };
    // One that can't be read is no loss: it is written anew.
    const standing = async () => {
      const found = await this.#standing(account).catch(unlessPin);
      return found ?? { number: (await this.#numbers(account)).at(-1) ?? 0, secret: undefined };
    };
    const next = ({ secret }: Standing) => ({ ...fresh, seen: secret?.seen ?? seen });
    await this.#change(account, next, standing);
  }

  /**
   * Whether the PIN is right: answers how many rows had been seen at the last visit, and keeps `seen` for the next.
   * @throws BankError PIN_WRONG, PIN_LOCKED
   */
  async check(account: AccountId, pin: string, seen: number): Promise<number> {
    const { hashPin, system } = this.#parts;
    const secret = await this.#change(account, ({ secret: before }) => {
      if (before === undefined) throw noPin(account);
      const now = new Date(system.now()).toISOString();
      const until = lockedUntil(before);
      if (until !== undefined && now < until) throw lockedError(before, until);
      return { ...before, wrong: before.wrong + 1, triedAt: now };
    });
    const hash = await hashPin(pin, secret.salt);
    if (!alike(hash, secret.hash)) throw wrongError(secret);
    // Somebody may have set another PIN meanwhile, or tried.
    await this.#change(account, ({ secret: now = secret }) => ({ ...now, wrong: 0, seen }));
    return secret.seen;
  }

  /** Makes the next file, until it is the newest. @throws what `next` throws */
  async #change(
    account: AccountId,
    next: (now: Standing) => Secret,
    standing = () => this.#standing(account),
  ): Promise<Secret> {
    for (;;) {
      const now = await standing();
      const secret = next(now);
      if (await this.#append(account, now.number + 1, secret)) return secret;
    }
  }

  /** N1 */
  async #standing(account: AccountId): Promise<Standing> {
    for (let looks = 0; looks < PIN_LOOKS_MAX; looks++) {
      const numbers = await this.#numbers(account);
      const number = numbers.at(-1) ?? 0;
      let cut = 0;
      for (const each of numbers.toReversed()) {
        const file = this.#file(account, each);
        const bytes = await ifThere(() => this.#parts.disk.read(this.#path(file)));
        if (bytes === undefined) break; // Removed meanwhile: there are newer ones.
        const secret = read(file, bytes, account);
        if (secret) return { number, secret };
        cut++;
      }
      if (cut < numbers.length) continue;
      // Before the first one was whole there was none: what comes behind it stands beside a whole one.
      if (number <= 1) return { number, secret: undefined };
      throw pinDamaged(account, this.#file(account, number), 'it was cut');
    }
    throw pinDamaged(account, folderOf(account), 'what is listed there can’t be read');
  }

  /** N2 to N4: whether it is the newest one now. */
  async #append(account: AccountId, number: number, secret: Secret): Promise<boolean> {
    const { disk } = this.#parts;
    const file = this.#file(account, number);
    try {
      await writeDurably(disk, this.#path(file), Buffer.from(encodeSecret(secret)));
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
    await disk.syncFolder(this.#path(folderOf(account)));
    const numbers = await this.#numbers(account);
    if (numbers.at(-1) !== number) return false;
    for (const older of numbers.slice(0, -1)) {
      await ifThere(() => disk.remove(this.#path(this.#file(account, older))));
    }
    return true;
  }

  async #numbers(account: AccountId): Promise<number[]> {
    const folder = this.#path(folderOf(account));
    const names = (await ifThere(() => this.#parts.disk.list(folder))) ?? [];
    return names
      .map(parsePageName)
      .flatMap((name) => (name?.id === account && name.page !== undefined ? [name.page] : []))
      .sort((one, other) => one - other);
  }

  /** Both folders, and their names durable, whoever made them. */
  async #makeFolder(account: AccountId): Promise<void> {
    const { disk } = this.#parts;
    for (const folder of [SECRETS_FOLDER, folderOf(account)]) {
      await disk.makeFolder(this.#path(folder));
      await makeNameDurable(disk, this.#path(folder));
    }
  }

  #file(account: AccountId, number: number): string {
    return `${folderOf(account)}/${pageName(account, number)}`;
  }

  #path(file: string): string {
    return join(this.#parts.directory, file);
  }
}

function read(file: string, bytes: Buffer, account: AccountId): Secret | undefined {
  try {
    return decodeSecret(bytes.toString('utf8'), account);
  } catch (error) {
    if (error instanceof FormatDamage) throw pinDamaged(account, file, error.message, error);
    throw error;
  }
}

/** It is none of the books, and mended by a new PIN: no other account need stop for it. */
function pinDamaged(id: AccountId, file: string, what: string, cause?: unknown): BankError {
  return new BankError('PIN_WRONG', `The PIN of ${id} is damaged: ${file}: ${what}.`, {
    details: { id, set: false, file },
    hint: `Set a new one: drovebank pin ${id}`,
    cause,
  });
}

/** `undefined` for a PIN that is damaged. */
function unlessPin(error: unknown): undefined {
  if (!(error instanceof BankError) || error.code !== 'PIN_WRONG') throw error;
}

/** What is wrong with a file of `secrets/`; `undefined`: it is whole, or was cut by a crash. */
export function secretProblem(name: string, bytes: Buffer): string | undefined {
  try {
    decodeSecret(bytes.toString('utf8'), (parsePageName(name)?.id ?? '') as AccountId);
    return undefined;
  } catch (error) {
    if (error instanceof FormatDamage) return error.message;
    throw error;
  }
}

/** `secrets/f7`: the first of the account's two folders. */
function folderOf(account: AccountId): string {
  return accountFolder(account).replace(/^accounts\/(..)\/..$/, `${SECRETS_FOLDER}/$1`);
}

/** Whether a file of this name belongs into this folder of `secrets/`. */
export function isSecretFile(folder: string, name: string): boolean {
  const parsed = parsePageName(name);
  return parsed?.page !== undefined && folderOf(parsed.id as AccountId) === folder;
}

/** Until when no try is taken; each wrong one doubles the time. */
function lockedUntil({ wrong, triedAt }: Secret): string | undefined {
  if (wrong < PIN_TRIES_MAX || triedAt === '') return undefined;
  const seconds = Math.min(PIN_LOCK_MAX_S, PIN_LOCK_S * 2 ** (wrong - PIN_TRIES_MAX));
  return new Date(Date.parse(triedAt) + seconds * 1000).toISOString();
}

function alike(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function noPin(id: AccountId): BankError {
  return new BankError('PIN_WRONG', `${id} has no PIN yet.`, {
    details: { id, set: false },
    hint: `Set one: drovebank pin ${id}`,
  });
}

function wrongError(secret: Secret): BankError {
  const { account: id, wrong } = secret;
  const until = lockedUntil(secret);
  const left = Math.max(0, PIN_TRIES_MAX - wrong);
  const next =
    until === undefined
      ? `${left} more ${left === 1 ? 'try' : 'tries'}.`
      : `No other is taken before ${until}.`;
  return new BankError('PIN_WRONG', `The PIN of ${id} is wrong. ${next}`, {
    details: { id, left, ...(until === undefined ? {} : { until }) },
    ...(until === undefined ? {} : { hint: 'Wait until then.' }),
  });
}

function lockedError({ account: id, wrong }: Secret, until: string): BankError {
  return new BankError(
    'PIN_LOCKED',
    `${wrong} wrong PINs of ${id}: none is taken before ${until}.`,
    {
      details: { id, until },
    },
  );
}
