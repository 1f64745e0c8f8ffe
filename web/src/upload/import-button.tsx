import { useRef } from 'react';
import { STRINGS } from '../strings.ts';
import { ImportIcon } from '../ui/icons.tsx';
import { useImportQueue } from './import-context.tsx';

/** Opens the file picker; the server decides by content what is audio, so nothing is filtered out for good here. */
export function ImportButton() {
  const queue = useImportQueue();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button" onClick={() => input.current?.click()}>
        <ImportIcon size={18} />
        {STRINGS.library.importFiles}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={STRINGS.library.importFiles}
        onChange={(event) => {
          queue.add([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}
