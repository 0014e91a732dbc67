import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { fileDescriptors } from '../../proto/generated/descriptors.ts';

/**
 * Reflection v1 and v1alpha from our own descriptors, because those of the loader lack information
 * that strict clients need (see proto/generate/descriptors.js). The library reads only
 * `fileDescriptorProtos` of a package definition.
 */
export function createReflection(descriptors = fileDescriptors): ReflectionService {
  const files = descriptors.map((bytes) => Buffer.from(bytes, 'base64'));
  const everything = { format: '', type: {}, fileDescriptorProtos: files };
  return new ReflectionService({ everything } as unknown as PackageDefinition);
}
