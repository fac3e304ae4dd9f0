// SPDX-License-Identifier: MIT
import type { Builder } from '../api/types';
import type { QueryState } from '../state/LiveQuery';
import { useLiveQuery, useSelected } from '../state/hooks';

/** The builder an address names, by id or by name; its id is known at once if given. */
export function useBuilder(named: string): {
  builderid: number | null;
  builder: Builder | null;
  state: QueryState;
} {
  const id = /^\d+$/.test(named) ? Number(named) : null;
  const state = useLiveQuery(`builder ${named}`, ({ api, store }) => ({
    paths: [],
    load: async (signal, since) => {
      store.snapshot('builders', [await api.builder(named)(signal)], since);
    },
  }));
  const builder = useSelected(
    ({ store }) => {
      if (id !== null) return store.builders.find(id)?.value ?? null;
      return store.builders.select((row) => row.name === named)[0]?.value ?? null;
    },
    [id, named],
  );
  return { builderid: id ?? builder?.builderid ?? null, builder, state };
}
