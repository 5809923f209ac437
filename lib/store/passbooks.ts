/**
 * The passbooks as files: reading an account's pages. Pages change by rename alone, so that a read
 * sees one whole version. Only ENOENT means that there is no such page.
 */
import { join } from 'node:path';
import { type Disk, ifThere } from '../disk/disk.js';
import { accountFolder, pageFile, parsePageName } from '../format/account-path.js';
import { undamaged } from '../format/damage.js';
import {
  type DigitsOf,
  decodePage,
  type Page,
  type PageSummary,
  summarizePage,
} from '../format/passbook-page.js';
import { named, unlessDamaged } from './damage.js';

const REPLACEMENT = '\ufffd';

export class Passbooks {
  readonly directory: string;
  readonly #disk: Disk;
  readonly #digitsOf: DigitsOf;

  constructor(disk: Disk, directory: string, digitsOf: DigitsOf) {
    this.#disk = disk;
    this.#digitsOf = digitsOf;
    this.directory = directory;
  }

  /** The text of a page; `undefined` when there is none. @throws BankError BANK_DAMAGED for what is no UTF-8 */
  async readText(id: string, page?: number): Promise<string | undefined> {
    const file = pageFile(id, page);
    const bytes = await ifThere(() => this.#disk.read(`${this.directory}/${file}`));
    if (bytes === undefined) return undefined;
    const text = bytes.toString('utf8');
    // Bytes that are no UTF-8 are read as this letter, which a name may have as well: then the check would fit.
    if (text.includes(REPLACEMENT)) {
      named(file, () => undamaged(Buffer.from(text).equals(bytes), 'it is not UTF-8'));
    }
    return text;
  }

  /** What a page says of its account; `undefined` when there is none. @throws BankError BANK_DAMAGED */
  async summary(id: string, page?: number): Promise<PageSummary | undefined> {
    const text = await this.readText(id, page);
    return text === undefined ? undefined : this.summarize(id, text, page);
  }

  /** A page with its rows; `undefined` when there is none. @throws BankError BANK_DAMAGED */
  async read(id: string, page?: number): Promise<Page | undefined> {
    const text = await this.readText(id, page);
    return text === undefined ? undefined : this.decode(id, text, page);
  }

  summarize(id: string, text: string, page?: number): PageSummary {
    return this.#checked(id, page, () => summarizePage(text, this.#digitsOf));
  }

  decode(id: string, text: string, page?: number): Page {
    return this.#checked(id, page, () => decodePage(text, this.#digitsOf));
  }

  #checked<T extends PageSummary>(id: string, page: number | undefined, decode: () => T): T {
    // Most pages are whole: the name costs a hash.
    return named(
      () => pageFile(id, page),
      () => {
        const decoded = decode();
        undamaged(decoded.account.id === id, () => `it is a page of ${decoded.account.id}`);
        return decoded;
      },
    );
  }

  /** Numbers of the sealed pages of an account, in order. */
  async sealedPages(id: string): Promise<number[]> {
    const pages: number[] = [];
    for (const name of await this.namesIn(join(this.directory, accountFolder(id)))) {
      const parsed = parsePageName(name);
      if (parsed?.id === id && parsed.page !== undefined) pages.push(parsed.page);
    }
    return pages.sort((a, b) => a - b);
  }

  /** Ids of all accounts that have a passbook, in the order of their folders. */
  async *ids(): AsyncGenerator<string> {
    const root = join(this.directory, 'accounts');
    for (const outer of await this.#folders(root)) {
      for (const inner of await this.#folders(join(root, outer))) {
        for (const name of await this.namesIn(join(root, outer, inner))) {
          const parsed = parsePageName(name);
          if (parsed && parsed.page === undefined) yield parsed.id;
        }
      }
    }
  }

  /** Ids of all accounts that have any page, be it not the open one, in the order of their folders. */
  async *everyId(): AsyncGenerator<string> {
    const root = join(this.directory, 'accounts');
    for (const outer of await this.#folders(root)) {
      for (const inner of await this.#folders(join(root, outer))) {
        const names = await this.namesIn(join(root, outer, inner));
        const ids = new Set(names.map((name) => parsePageName(name)?.id));
        for (const id of ids)
          if (id !== undefined && accountFolder(id) === `accounts/${outer}/${inner}`) yield id;
      }
    }
  }

  async #folders(path: string): Promise<string[]> {
    const names = await this.namesIn(path);
    return names.filter((name) => /^[0-9a-f]{2}$/.test(name)).sort();
  }

  /** Names in a folder; none when there is no such folder, or something else in its place (strays.ts names it). */
  async namesIn(folder: string): Promise<string[]> {
    return (await ifThere(() => unlessDamaged(() => this.#disk.list(folder)))) ?? [];
  }
}
