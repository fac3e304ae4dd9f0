// SPDX-License-Identifier: MIT
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../api/ApiError';
import { Failure } from '../ui/Notice';

/** A view whose code is fetched when it is first shown. */
export function lazyView<P extends object>(
  load: () => Promise<FunctionComponent<P>>,
): FunctionComponent<P> {
  let loaded: FunctionComponent<P> | null = null;
  return function LazyView(props: P) {
    const [View, setView] = useState<FunctionComponent<P> | null>(() => loaded);
    const [failure, setFailure] = useState<string | null>(null);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (view) => {
          loaded = view;
          setView(() => view);
        },
        (error: unknown) => setFailure(messageOf(error)),
      );
    }, []);
    if (View) return <View {...props} />;
    // A newer master serves other files: only a reload gets them.
    const reload = () => window.location.reload();
    return failure === null ? null : (
      <Failure what="this page" message={failure} onRetry={reload} />
    );
  };
}
