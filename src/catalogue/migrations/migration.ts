/** One step of the schema. Released ones are never edited; later ones are appended. */
export interface Migration {
  /** 1, 2, 3, … without gaps. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}
