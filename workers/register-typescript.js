// Loaded into worker threads only where the sources run unbuilt (development, jest).
import { register } from 'tsx/esm/api';

register();
