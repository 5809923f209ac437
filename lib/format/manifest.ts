import { currencyDigits } from '../ledger/currencies.js';
import { checkOf } from './check.js';
import { isTime } from './csv.js';
import { FormatDamage, undamaged } from './damage.js';

/** Version of everything under a bank's directory. It grows when an older reader would misread. */
export const FORMAT_VERSION = 1;

/** What `bank.json` says. */
export interface Manifest {
  /** Format version; a bank with a newer one is refused (BANK_TOO_NEW). */
  readonly version: number;
  readonly id: string;
  readonly created: string;
  /** Currency of an account that is opened without one. */
  readonly currency: string;
  /** Made for a Unix group: folders 2770, files 0660. */
  readonly shared: boolean;
  /** Minor-unit digits by currency, as they were when the bank was made: amounts on disk depend on it. */
  readonly digits: Readonly<Record<string, number>>;
}

export function encodeManifest(manifest: Manifest): string {
  const { version, id, created, currency, shared, digits } = manifest;
  const facts = JSON.stringify({ drovebank: { version }, id, created, currency, shared }, null, 2);
  // The digits on one line: there are 160 of them, and people look at the rest.
  const told = `${facts.slice(0, -2)},\n  "digits": ${JSON.stringify(digits)},\n`;
  return `${told}  "check": "${checkOf(told)}"\n}\n`;
}

/** The last line but one of the file: nothing follows. */
const CHECK_LINE = /(?<=\n) {2}"check": "([^"\n]*)"\n\}\n$/;

/** Reads `bank.json`. A version above {@link FORMAT_VERSION} comes back alone: the rest may differ. */
export function decodeManifest(text: string): Manifest | { readonly version: number } {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatDamage('it is not JSON', { cause });
  }
  undamaged(typeof json === 'object' && json !== null, 'it is no manifest');
  const version = (json.drovebank as { version?: unknown } | undefined)?.version;
  undamaged(isVersion(version), 'it names no format version');
  if (version > FORMAT_VERSION) return { version };
  const { id, created, currency, shared, digits } = json as Partial<Manifest>;
  const line = CHECK_LINE.exec(text);
  const fits = line?.[1] === checkOf(text.slice(0, line?.index));
  undamaged(fits, 'its check does not fit: it was changed');
  undamaged(typeof id === 'string' && id !== '', 'it names no bank');
  undamaged(typeof created === 'string' && isTime(created), 'it does not say since when it is');
  undamaged(typeof shared === 'boolean', 'it does not say whether it is shared');
  undamaged(typeof digits === 'object' && digits !== null, 'it has no currencies');
  // By `undamaged` there would be two messages ready for each of them: more than all the rest of a look makes.
  for (const code of Object.keys(digits)) {
    if (!CURRENCY_CODE.test(code)) {
      throw new FormatDamage(`"${code.slice(0, 20)}" is no currency code`);
    }
    if (!DIGITS.includes(digits[code])) throw new FormatDamage(`${code} has odd digits`);
  }
  undamaged(
    typeof currency === 'string' && Object.hasOwn(digits, currency),
    'its currency is unknown',
  );
  return { version, id, created, currency, shared, digits };
}

const CURRENCY_CODE = /^[A-Z]{3}$/;
/** Decimal places that a currency may have. */
const DIGITS: readonly unknown[] = [0, 1, 2, 3, 4];

function isVersion(version: unknown): version is number {
  return Number.isSafeInteger(version) && Number(version) > 0;
}

/** The digits that a new bank starts with: all of ISO 4217. */
export function standardDigits(): Record<string, number> {
  return Object.fromEntries(currencyDigits());
}
