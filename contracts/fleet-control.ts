import type { DetectorAction } from './http.ts';

/** Simulated detectors as the API handles them, whoever runs them. */
export interface FleetControl {
  /** Whether this process simulates the detector. */
  has(id: number): boolean;
  /** Resolves once it has happened; rejects with DETECTOR_UNKNOWN, WAIT_TIMEOUT or STOPPED. */
  act(id: number, action: DetectorAction): Promise<void>;
}
