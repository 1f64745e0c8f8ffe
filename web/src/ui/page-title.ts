import { useEffect } from 'react';
import { STRINGS } from '../strings.ts';

/** Names the page in the browser's tab. */
export function usePageTitle(page: string): void {
  useEffect(() => {
    document.title = STRINGS.app.pageTitle(page);
  }, [page]);
}
