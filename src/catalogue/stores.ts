import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { SharingStore } from '../model/sharing-store.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

/** The stores that share this catalogue, and which of them is at home here. */
export class Stores {
  /** Empty where nobody else can be in the catalogue. */
  readonly home: string;
  readonly #sessions: DatabaseSessions;

  constructor(sessions: DatabaseSessions, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.home = home;
  }

  /** In the order of their coming; none where the catalogue is a file. */
  async list(): Promise<readonly SharingStore[]> {
    if (this.home === NO_STORE) return [];
    const rows = await this.#sessions.withSession({ name: 'list stores', readonly: true }, (db) =>
      db.selectFrom('stores').select(['id', 'name']).orderBy('place').execute(),
    );
    return rows.map(({ id, name }) => ({ id, name, isHere: id === this.home }));
  }

  /** Whether others are in the catalogue, or may come in at any time. */
  async isShared(): Promise<boolean> {
    if (this.home === NO_STORE) return false;
    const found = await this.#sessions.withSession({ name: 'look for stores', readonly: true }, (db) =>
      db
        .selectFrom('stores')
        .select('id')
        .where(({ eb, or }) => or([eb('is_shared', '=', 1), eb('place', '>', 1)]))
        .limit(1)
        .executeTakeFirst(),
    );
    return found !== undefined;
  }

  /** Rejects with `invalid-input` where others are in the catalogue, for `what` would be that of one store. */
  async requireAlone(what: string): Promise<void> {
    const stores = await this.list();
    if (stores.length < 2) return;
    throw new VoiceRecorderError(
      'invalid-input',
      `${stores.length} stores share this catalogue (${stores.map(({ name }) => name).join(', ')}), and a ${what} would be ` +
        'that of one. Save it with pg_dump and bring it back with pg_restore.',
    );
  }

  /** Whether its files are those of this store. */
  has({ storeId }: Pick<Recording, 'storeId'>): boolean {
    return storeId === undefined || storeId === this.home;
  }

  /** Rejects with `stored-elsewhere` what touches files that are not this store's. */
  async requireHere(recording: Pick<Recording, 'id' | 'title' | 'storeId'>): Promise<void> {
    if (this.has(recording)) return;
    const { id, title, storeId } = recording;
    const name = await this.nameOf(storeId ?? '');
    throw new VoiceRecorderError(
      'stored-elsewhere',
      `The audio of "${title}" (${id}) lies in another store: ${name}. Ask the server there for it.`,
      { details: { storeId, storeName: name } },
    );
  }

  /** As people know it; its id where nobody said more. */
  async nameOf(storeId: string): Promise<string> {
    const found = (await this.list()).find((store) => store.id === storeId);
    return found && found.name !== '' ? found.name : storeId;
  }
}
