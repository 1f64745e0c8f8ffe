import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { Take } from '../../../src/model/take.ts';
import { KEYS, rememberTake, useTakePeaks } from '../api/queries.ts';
import {
  amendTake,
  fetchTake,
  isOfWholeTake,
  joinedAddress,
  joinedDownloadAddress,
  undoInTake,
} from '../api/takes.ts';
import { STRINGS } from '../strings.ts';
import { DownloadIcon, RestoreIcon, TrashIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { DetailForm } from './detail-form.tsx';
import { HistorySection } from './history-section.tsx';
import { momentOf } from './list-rows.ts';
import { Player } from './player.tsx';
import { gapMoments, TakeParts } from './take-parts.tsx';
import { momentsOf } from './timeline.tsx';
import type { Subject } from './use-amendments.ts';
import { useTrash } from './use-trash.ts';

const words = STRINGS.take;

/** A take of several segments as one: played, described, trashed and restored together; its parts below. */
export function TakeDetail({ take }: { readonly take: Take }) {
  usePageTitle(take.title);
  const queries = useQueryClient();
  const { takeId, segments, isTrashed, joined } = take;
  const [first] = segments;
  const { trash, restore } = useTrash();
  const subject: Subject<Take> = {
    kept: take,
    amend: (amendment, { version }) => amendTake(takeId, amendment, version),
    fetch: () => fetchTake(takeId),
    remember: (answer) => rememberTake(queries, answer),
  };
  if (!first) return null;
  const whole = { id: first.id, title: take.title, takeId, takeSegmentCount: segments.length };
  return (
    <article className="flex flex-col gap-6">
      <DetailForm subject={subject} at={momentOf(first)} duration={take.duration}>
        {/* Another segment makes another file: the player begins anew. */}
        {joined ? <JoinedPlayer key={segments.map(({ id }) => id).join()} take={take} /> : null}
        <Remarks take={take} />
      </DetailForm>
      <div className="flex flex-wrap gap-2">
        {joined ? (
          <a className="button" href={joinedDownloadAddress(takeId)} download>
            <DownloadIcon size={18} />
            {words.downloadJoined}
          </a>
        ) : null}
        <button type="button" className="button" onClick={() => (isTrashed ? restore(whole) : trash(whole))}>
          {isTrashed ? <RestoreIcon size={18} /> : <TrashIcon size={18} />}
          {isTrashed ? words.restore : words.trash}
        </button>
      </div>
      {joined ? (
        <p className="-mt-4 text-sm text-ink-soft">
          {joined.isCopy ? words.joinedCopy : words.joinedEncoded}
        </p>
      ) : null}
      <HistorySection
        recording={first}
        undo={async (entry) => rememberTake(queries, await undoInTake(take, entry))}
        mayUndo={isOfWholeTake}
      />
      <TakeParts take={take} />
    </article>
  );
}

function JoinedPlayer({ take }: { readonly take: Take }) {
  const queries = useQueryClient();
  const peaks = useTakePeaks(take);
  const moments = useMemo(
    () => [...gapMoments(take), ...momentsOf(take)].sort((a, b) => a.atSeconds - b.atSeconds),
    [take],
  );
  const isToBeAskedAgain = peaks.data !== undefined && !take.hasExactPositions;
  useEffect(() => {
    // The joined file is there now, and with it the exact places of its parts.
    if (isToBeAskedAgain) void queries.invalidateQueries({ queryKey: KEYS.take(take.takeId) });
  }, [isToBeAskedAgain, queries, take.takeId]);
  return (
    <Player address={joinedAddress(take.takeId)} duration={take.duration} peaks={peaks} moments={moments} />
  );
}

function Remarks({ take }: { readonly take: Take }) {
  const { isTrashed, isComplete, missingSegments, joinedProblem } = take;
  const numbers = missingSegments.map((number) => number + 1).join(', ');
  return (
    <>
      {isTrashed ? <Notice kind="remark">{words.trashed}</Notice> : null}
      {joinedProblem === null ? null : <Notice kind="remark">{words.notJoined(joinedProblem)}</Notice>}
      {missingSegments.length > 0 ? (
        <Notice kind="remark">{words.missing(numbers, missingSegments.length)}</Notice>
      ) : null}
      {isComplete ? null : <Notice kind="remark">{words.arriving}</Notice>}
    </>
  );
}
