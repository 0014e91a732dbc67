import { parseDeviceSlots } from '../../../src/config/device-slots.ts';
import type { ServingEvent } from '../../../src/domain/events.ts';
import { ModelSet, type ModelSetOptions } from '../../../src/pipeline/model-set.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeModel } from '../fakes/model.ts';
import { testManifest } from './test-server.ts';

/** A warm set of one fake model; `models` are all that it opened. */
export async function setUpModels(devices = 'cpu:2', verify?: ModelSetOptions['verify']) {
  const models: FakeModel[] = [];
  const events: ServingEvent[] = [];
  const refused = new Set<string>();
  const shifts: string[] = [];
  const set = new ModelSet({
    first: { folder: '/first', manifest: testManifest, devices: parseDeviceSlots(devices) },
    open: (source) => {
      const model = new FakeModel(source, refused);
      models.push(model);
      return model.open();
    },
    clock: new FakeClock(),
    ...(verify === undefined ? {} : { verify }),
    tell: (event) => events.push(event),
    onShift: ({ manifest }) => shifts.push(manifest.name),
  });
  const model = (place: number): FakeModel => {
    const one = models[place];
    if (one === undefined) {
      throw new Error(`only ${models.length} models were opened`);
    }
    return one;
  };
  model(0).pipeline.becomeWarm();
  await set.warm();
  const told = () =>
    events.flatMap((event) =>
      event.kind === 'replica' ? [`${event.replica} ${event.phase}`] : [event.kind],
    );
  return { set, models, model, refused, events, shifts, told };
}
