import { type ReactNode, useState } from 'react';
import { findPreset } from '../../../src/model/preset.ts';
import type { Recording } from '../../../src/model/recording.ts';
import { formatDateTime } from '../format/date.ts';
import { formatName } from '../format/format-name.ts';
import { formatLengthInWords } from '../format/length.ts';
import { formatBitRate, formatBytes, formatSampleRate } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, CopyIcon } from '../ui/icons.tsx';
import { RecordedDate } from './recorded-date.tsx';

const words = STRINGS.detail;

/** What is known about the file itself; of all that, only the date of recording can be changed. */
export function Facts({ recording }: { readonly recording: Recording }) {
  const { duration, channels, bitDepth, bitRateBps, loudness, silenceShare } = recording;
  return (
    <section className="sheet px-5 py-4" aria-labelledby="facts">
      <h2 id="facts" className="mb-2 font-semibold">
        {words.facts}
      </h2>
      <dl className="digits grid grid-cols-2 gap-x-6 2xl:grid-cols-3">
        <Fact name={words.recorded}>
          <RecordedDate recording={recording} />
        </Fact>
        <Fact name={words.received}>{formatDateTime(recording.createdAt)}</Fact>
        <Fact name={words.length}>{duration === null ? null : formatLengthInWords(duration)}</Fact>
        <Fact name={words.size}>{formatBytes(recording.filesizeBytes)}</Fact>
        <Fact name={words.format}>{formatName(recording)}</Fact>
        <Fact name={words.preset}>
          {recording.preset === null ? null : (findPreset(recording.preset)?.name ?? recording.preset)}
        </Fact>
        <Fact name={words.rate}>{formatSampleRate(recording.sampleRateHz)}</Fact>
        <Fact name={words.channels}>{words.channelNames[channels] ?? words.channelCount(channels)}</Fact>
        <Fact name={words.bitDepth}>{bitDepth === null ? null : words.bits(bitDepth)}</Fact>
        <Fact name={words.bitRate}>{bitRateBps === null ? null : formatBitRate(bitRateBps)}</Fact>
        <Fact name={words.loudness}>{loudness === null ? null : words.loudnessOf(loudness)}</Fact>
        <Fact name={words.silence}>{silenceShare === null ? null : words.percent(silenceShare)}</Fact>
        <Fact name={words.originalName}>{recording.filename}</Fact>
        <Fact name={words.storedAs} isWide>
          <span className="font-mono text-[0.8125rem]">{recording.storedFilename}</span>
        </Fact>
        <Fact name={words.checksum} isWide>
          <Checksum value={recording.checksum} />
        </Fact>
      </dl>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

function Fact({ name, isWide = false, children }: FactProps) {
  if (children === null) return null;
  return (
    <div className={`border-t border-line py-2 ${isWide ? 'col-span-full' : ''}`}>
      <dt className="text-[0.8125rem] text-ink-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Checksum({ value }: { readonly value: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <span className="flex items-start gap-2">
      <span className="min-w-0 font-mono text-[0.8125rem] break-all">{value}</span>
      <button
        type="button"
        className="grid size-7 shrink-0 place-items-center rounded-lg text-petrol hover:bg-petrol-soft pointer-coarse:size-11"
        aria-label={words.copyChecksum}
        onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      >
        {isCopied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
      </button>
      <span role="status" className="sr-only">
        {isCopied ? words.copied : ''}
      </span>
    </span>
  );
}
