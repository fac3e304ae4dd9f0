// SPDX-License-Identifier: MIT
import { computed, type ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { AppState } from './AppState';
import type { QueryPlan, QueryState } from './LiveQuery';

export const AppContext = createContext<AppState | null>(null);

export function useApp(): AppState {
  const app = useContext(AppContext);
  if (!app) throw new Error('no AppContext above this component');
  return app;
}

const loading: QueryState = { kind: 'loading' };

/**
 * Runs the plan while the component is mounted; a new key makes a new query, a null plan none.
 */
export function useLiveQuery(
  key: string | null,
  makePlan: (app: AppState) => QueryPlan,
): QueryState {
  const app = useApp();
  const [query, setQuery] = useState<{ key: string; state: ReadonlySignal<QueryState> } | null>(
    null,
  );
  useEffect(() => {
    if (key === null) return undefined;
    const opened = app.openQuery(makePlan(app));
    setQuery({ key, state: opened.state });
    return () => app.closeQuery(opened);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the plan
  }, [app, key]);
  // The state of the previous key must not be taken for the new one's.
  return query !== null && query.key === key ? query.state.value : loading;
}

/** A list from the store that follows it. */
export function useSelected<T>(select: (app: AppState) => T, deps: readonly unknown[]): T {
  const app = useApp();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller names what `select` reads
  const result = useMemo(() => computed(() => select(app)), [app, ...deps]);
  return result.value;
}
