import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../model/id.ts';
import {
  decodeJournal,
  encodeFirstBlock,
  encodeRecord,
  fillingAfter,
  JOURNAL_BLOCK_BYTES,
  type JournalRecord,
  journalPosition,
  SLOT_BYTES,
} from './journal-format.ts';

const id = newId(1_700_000_000_000);

function record(index: number, lengthBytes = 100): JournalRecord {
  return {
    offsetBytes: index * lengthBytes,
    lengthBytes,
    sha256: Buffer.alloc(32, index + 1),
    covers: index % 2 === 0 ? 'piece' : 'all',
    receivedAtMs: 1_700_000_000_000 + index,
  };
}

function journalOf(records: readonly JournalRecord[], ofId = id): Buffer {
  let file = encodeFirstBlock(ofId, 'client', 1_700_000_000_000);
  for (const [index, each] of records.entries()) {
    const bytes = Buffer.concat([encodeRecord(ofId, each), fillingAfter(index, index + 1)]);
    const position = journalPosition(index);
    if (file.length < position + bytes.length) {
      file = Buffer.concat([file, Buffer.alloc(position + bytes.length - file.length)]);
    }
    bytes.copy(file, position);
  }
  return file;
}

const hundred = Array.from({ length: 100 }, (_, index) => record(index));

describe('the journal', () => {
  it('gives back what was written, over more than one block', () => {
    const file = journalOf(hundred);
    expect(file.length % JOURNAL_BLOCK_BYTES).toBe(0);
    expect(decodeJournal(file, id)).toEqual({ origin: 'client', records: hundred, claimedBytes: 10_000 });
  });

  it('has the bytes that docs/format.md promises', () => {
    const file = journalOf([record(0)]);
    expect(file.subarray(0, 8).toString('latin1')).toBe('VRPJRNL1');
    expect(file.subarray(8, 24).toString('hex')).toBe(id.replaceAll('-', ''));
    expect(file[32]).toBe(1);
    expect(file.readBigUInt64LE(SLOT_BYTES)).toBe(0n);
    expect(file.readBigUInt64LE(SLOT_BYTES + 8)).toBe(100n);
    expect(file.subarray(SLOT_BYTES + 16, SLOT_BYTES + 48)).toEqual(Buffer.alloc(32, 1));
  });

  it('ends where a write was torn', () => {
    const file = journalOf(hundred.slice(0, 3));
    for (let cut = journalPosition(2); cut < journalPosition(3); cut++) {
      expect(decodeJournal(file.subarray(0, cut), id).records).toEqual(hundred.slice(0, 2));
    }
  });

  it('ends at a block that came back as zero bytes, and tells that more was claimed behind it', () => {
    const file = journalOf(hundred);
    file.fill(0, journalPosition(20), journalPosition(22));
    const content = decodeJournal(file, id);
    expect(content.records).toEqual(hundred.slice(0, 20));
    expect(content.claimedBytes).toBe(10_000);
  });

  it('ends where records changed places', () => {
    const file = journalOf(hundred.slice(0, 10));
    const fifth = Buffer.from(file.subarray(journalPosition(5), journalPosition(6)));
    file.copy(file, journalPosition(5), journalPosition(6), journalPosition(7));
    fifth.copy(file, journalPosition(6));
    expect(decodeJournal(file, id).records).toEqual(hundred.slice(0, 5));
  });

  it('takes no record of another upload, whose block the disk may bring back', () => {
    const other = newId(1_700_000_000_001);
    const mixed = journalOf(hundred.slice(0, 2));
    journalOf(hundred, other).copy(mixed, journalPosition(2), journalPosition(2));
    expect(decodeJournal(mixed, id)).toEqual({
      origin: 'client',
      records: hundred.slice(0, 2),
      claimedBytes: 200,
    });
    expect(decodeJournal(journalOf(hundred, other), id).origin).toBeNull();
  });

  it('never believes a damaged byte: what it gives is always a prefix of what was written', () => {
    const sound = journalOf(hundred.slice(0, 20));
    const damage = fc.record({ at: fc.nat(journalPosition(20) - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), (damages) => {
        const file = Buffer.from(sound);
        for (const { at, to } of damages) file[at] = to;
        const { records } = decodeJournal(file, id);
        const first = file.findIndex((byte, at) => byte !== sound[at]);
        const intact = first < 0 ? 20 : Math.max(0, Math.floor(first / SLOT_BYTES) - 1);
        expect(records).toEqual(first >= 0 && first < SLOT_BYTES ? [] : hundred.slice(0, intact));
      }),
    );
  });
});
