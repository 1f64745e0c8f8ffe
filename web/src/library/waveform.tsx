import { useEffect, useRef } from 'react';
import WaveSurfer from 'wavesurfer.js';
import type { Peaks } from '../api/recordings.ts';

const HEIGHT = 128;

/** The whole recording as bars; a click or a drag moves the playing position of `audio`. */
export function Waveform({ audio, peaks }: { readonly audio: HTMLAudioElement; readonly peaks: Peaks }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const container = document.createElement('div');
    const wave = WaveSurfer.create({
      container,
      media: audio,
      peaks: [[...peaks.max], [...peaks.min]],
      duration: peaks.durationSeconds,
      height: HEIGHT,
      barWidth: 2,
      barGap: 2,
      barRadius: 2,
      barMinHeight: 2,
      normalize: true,
      dragToSeek: true,
      waveColor: '#4f8a95',
      progressColor: '#74dcb4',
      cursorColor: '#ffffff',
      cursorWidth: 2,
    });
    adoptStyles(container);
    place.current?.append(container);
    return () => {
      wave.destroy();
      container.remove();
    };
  }, [audio, peaks]);
  return <div ref={place} className="h-full w-full" />;
}

/**
 * The player writes its styles into a `<style>` element, which the page's content security policy does not let in.
 * While the container is outside the document that element has no effect and breaks no rule; the same text becomes
 * a constructed sheet, which the policy allows.
 */
function adoptStyles(container: HTMLElement): void {
  const shadow = container.firstElementChild?.shadowRoot;
  const style = shadow?.querySelector('style');
  if (!shadow || !style) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.textContent ?? '');
  shadow.adoptedStyleSheets = [sheet];
  style.remove();
}
