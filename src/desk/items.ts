import { type FieldViolation, RankError } from '../base/errors.ts';
import type { Config } from '../config/config.ts';
import type { Item, ItemHead } from '../items/item/item.ts';
import type { ItemKeeper, ItemsState } from '../items/keeper.ts';
import type { ItemDelete, ItemPut } from '../items/store/item-store.ts';
import { isBlank } from '../text/normalize/is-blank.ts';
import type { Access } from './access/access.ts';
import { prices } from './access/quota.ts';
import { describeBytes, findBadTexts } from './candidate-texts.ts';
import type { DeskCall } from './answer.ts';
import type { Lifecycle } from './lifecycle.ts';
import { Violations } from './violations.ts';

/** Limits of items that no setting changes; GetInfo publishes them. */
export const itemLimits = { idBytes: 256, messageItems: 1000, pageItems: 1000 } as const;
const defaultPage = 100;

/** An item as read from the protocol, not checked yet. */
export interface ItemForm {
  readonly id: string;
  readonly version: bigint;
  readonly title?: string | undefined;
  readonly text: string;
}

export interface DeleteForm {
  readonly id: string;
  readonly version: bigint | undefined;
}

/** A fault of one item of a message; the others are stored. */
export interface ItemFault extends FieldViolation {
  /** The item's place in the message. */
  readonly index: number;
  readonly id: string;
}

export interface PutReport {
  readonly stored: number;
  readonly unchanged: number;
  readonly older: number;
  readonly faults: readonly ItemFault[];
}

export interface DeleteReport {
  readonly deleted: number;
  readonly newer: number;
  readonly missing: number;
}

export interface ItemPage {
  readonly items: readonly ItemHead[];
  /** The last id of the page, when there may be more behind it. */
  readonly next: string | undefined;
}

export interface ItemDeskParts {
  /** Undefined when the server has no item store. */
  readonly items: ItemKeeper | undefined;
  readonly access: Pick<Access, 'charge'>;
  readonly lifecycle: Pick<Lifecycle, 'assertServing'>;
  readonly limits: Pick<Config, 'textBytes'>;
}

/** What callers can do with items, whatever protocol they speak. */
export class ItemDesk {
  readonly #parts: ItemDeskParts;

  constructor(parts: ItemDeskParts) {
    this.#parts = parts;
  }

  /** Stores the items without a fault; resolves when they are durable. @throws RankError */
  async put(forms: readonly ItemForm[], call: DeskCall): Promise<PutReport> {
    const items = this.#begin();
    const { access, limits } = this.#parts;
    const { puts, faults } = checkItems(forms, limits);
    const outcomes = await access.charge(call.client, prices.items(puts.length), () =>
      items.put(
        puts.map(({ put }) => put),
        call.signal,
      ),
    );
    const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
    const conflicts = puts.filter((_, place) => outcomes[place] === 'conflict').map(conflictOf);
    return {
      stored: count('stored'),
      unchanged: count('unchanged'),
      older: count('older'),
      faults: [...faults, ...conflicts].sort((one, other) => one.index - other.index),
    };
  }

  /** @throws RankError */
  async get(id: string): Promise<Item> {
    const { store } = this.#begin();
    const item = id === '' ? undefined : await store.get(id);
    if (item === undefined) {
      const message = `no item '${id.slice(0, 100)}' is stored`;
      throw new RankError('not-found', message, { reason: 'ITEM_NOT_FOUND' });
    }
    return item;
  }

  /** @throws RankError */
  async delete(forms: readonly DeleteForm[], call: DeskCall): Promise<DeleteReport> {
    const { store } = this.#begin();
    const deletes = checkDeletes(forms);
    const price = prices.items(deletes.length);
    const outcomes = await this.#parts.access.charge(call.client, price, () =>
      store.delete(deletes),
    );
    const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
    return { deleted: count('deleted'), newer: count('older'), missing: count('missing') };
  }

  /** A page of so many items, 0 for the usual number, behind an id. @throws RankError */
  async list(pageSize: number, after: string | undefined): Promise<ItemPage> {
    const { store } = this.#begin();
    const check = new Violations(itemLimits.idBytes);
    check.most('page_size', pageSize, itemLimits.pageItems);
    check.throwIfAny();
    const limit = pageSize === 0 ? defaultPage : pageSize;
    const items = await store.list({ after, limit });
    return { items, next: items.length < limit ? undefined : items.at(-1)?.id };
  }

  /** @throws RankError */
  async state(): Promise<ItemsState> {
    return await this.#begin().state();
  }

  #begin(): ItemKeeper {
    const { items, lifecycle } = this.#parts;
    lifecycle.assertServing();
    if (items === undefined) {
      const message = 'this server has no item store: SLMRANK_ITEMS names the folder of one';
      throw new RankError('failed-precondition', message, { reason: 'ITEMS_OFF' });
    }
    return items;
  }
}

interface CheckedItems {
  readonly puts: readonly { readonly index: number; readonly put: ItemPut }[];
  readonly faults: readonly ItemFault[];
}

/**
 * The items to be stored, and the faults of the others.
 *
 * @throws RankError `invalid-argument` for a message with none or too many.
 */
export function checkItems(
  forms: readonly ItemForm[],
  { textBytes }: Pick<Config, 'textBytes'>,
): CheckedItems {
  const check = new Violations(textBytes);
  check.count('items', forms.length, itemLimits.messageItems);
  check.throwIfAny();
  const puts: { index: number; put: ItemPut }[] = [];
  const faults: ItemFault[] = [];
  for (const [index, form] of forms.entries()) {
    const found = findFaults(form, textBytes);
    const field = `items[${index}]`;
    faults.push(
      ...found.map((fault) => ({
        index,
        id: form.id.slice(0, itemLimits.idBytes),
        field: `${field}.${fault.field}`,
        description: fault.description,
      })),
    );
    if (found.length === 0) {
      const { id, version, title, text } = form;
      puts.push({ index, put: { id, version, title: isBlank(title) ? undefined : title, text } });
    }
  }
  return { puts, faults };
}

function findFaults(form: ItemForm, textBytes: number): readonly FieldViolation[] {
  return [
    ...findIdFault('id', form.id),
    ...(form.version < 1n ? [{ field: 'version', description: 'is 0; at least 1' }] : []),
    ...findBadTexts(form, textBytes),
  ];
}

function findIdFault(field: string, id: string): readonly FieldViolation[] {
  const bytes = Buffer.byteLength(id);
  if (bytes === 0) {
    return [{ field, description: 'is empty' }];
  }
  return bytes > itemLimits.idBytes
    ? [{ field, description: describeBytes(bytes, itemLimits.idBytes) }]
    : [];
}

/** @throws RankError `invalid-argument` with every violation. */
function checkDeletes(forms: readonly DeleteForm[]): readonly ItemDelete[] {
  const check = new Violations(itemLimits.idBytes);
  check.count('items', forms.length, itemLimits.messageItems);
  for (const [index, { id, version }] of forms.entries()) {
    findIdFault(`items[${index}].id`, id).forEach((fault) => check.add(fault));
    if (version === 0n) {
      const description = 'is 0; at least 1, or leave it out';
      check.add({ field: `items[${index}].version`, description });
    }
  }
  check.throwIfAny();
  return forms;
}

function conflictOf({ index, put }: CheckedItems['puts'][number]): ItemFault {
  const description = `version ${put.version} is stored with other texts; a change needs a higher one`;
  return { index, id: put.id, field: `items[${index}].version`, description };
}
