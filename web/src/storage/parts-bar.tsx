interface PartsBarProps {
  readonly parts: readonly {
    readonly key: string;
    readonly size: number;
    readonly colour: string | undefined;
  }[];
}

/** Parts of a whole as one bar. Says nothing by itself: words beside it tell the same. */
export function PartsBar({ parts }: PartsBarProps) {
  return (
    <div aria-hidden="true" className="mt-3 flex h-5 gap-0.5 overflow-hidden rounded-md bg-sunk">
      {parts
        .filter(({ size }) => size > 0)
        .map(({ key, size, colour }) => (
          // What is there is seen, however small it is.
          <div key={key} className="min-w-1" style={{ flexGrow: size, flexBasis: 0, background: colour }} />
        ))}
    </div>
  );
}
