import type { AudioFacts } from '../model/audio-facts.ts';
import { type Container, isWrongExtension } from './containers.ts';

/** The facts with a remark where the name says something else. */
export function withExtensionWarning(facts: AudioFacts, name: string): AudioFacts {
  if (!isWrongExtension(facts.container as Container, name)) return facts;
  const warning = {
    code: 'wrong-extension',
    message: `The name "${name}" does not fit the content, which is ${facts.container} (.${facts.extension}).`,
  };
  return { ...facts, warnings: [...facts.warnings, warning] };
}
