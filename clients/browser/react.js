// React bindings, without JSX so that they need no build of their own.
import { Component, useEffect, useRef, useSyncExternalStore } from "react";
import { capture, feature, subscribe, timing } from "./obs.js";

// Shows `fallback` (a node, or a function of the error and a retry) in place of what failed, and sends the error.
export class ErrorBoundary extends Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error, info) {
    capture(error, { componentStack: info.componentStack });
    this.props.onError?.(error, info);
  }

  retry = () => this.setState({ error: null });

  render() {
    const { children, fallback = null } = this.props;
    const { error } = this.state;
    if (error === null) return children;
    return typeof fallback === "function" ? fallback(error, this.retry) : fallback;
  }
}

// Times from the first render of the component to the first one that is ready, once.
export function useTiming(name, isReady = true) {
  const startedAt = useRef(null);
  const isDone = useRef(false);
  startedAt.current ??= performance.now();
  useEffect(() => {
    if (!isReady || isDone.current) return;
    isDone.current = true;
    timing(name, performance.now() - startedAt.current);
  }, [name, isReady]);
}

// Whether this page load has the feature; changes when the server's shares do, and is false until they are known.
export function useFeature(name, key) {
  return useSyncExternalStore(
    subscribe,
    () => feature(name, key),
    () => false,
  );
}
