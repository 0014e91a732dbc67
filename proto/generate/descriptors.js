// Builds the file descriptors that reflection serves, without protoc: protobufjs only parses. The
// descriptors of protobufjs's own toDescriptor (7.6.6), which proto-loader (0.8.1) uses, lack
// proto3_optional and imports, misname map entries, and merge files by package, so that grpcurl and
// Go's protoreflect refuse them. Part of `npm run generate`.
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

/** google.protobuf.FieldDescriptorProto.Type */
const scalarTypes = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const messageType = 11;
const enumType = 14;
const optionalLabel = 1;
const repeatedLabel = 3;

/**
 * @param {readonly { name: string, path: string }[]} files proto3 files by import name and path
 * @returns {string[]} encoded FileDescriptorProtos in base64, imports included, sorted by name
 */
export function buildDescriptors(files) {
  const root = new protobuf.Root();
  const pathOf = new Map(files.map(({ name, path }) => [name, path]));
  root.resolvePath = (_, name) => pathOf.get(name) ?? name;
  root.loadSync([...pathOf.keys()], { keepCase: true }).resolveAll();

  const nameOf = new Map(files.map(({ name, path }) => [path, name]));
  const found = new Map();
  for (const object of topLevelObjects(root)) {
    const name = nameOf.get(object.filename) ?? wellKnownFile(object);
    found.set(name, [...(found.get(name) ?? []), object]);
  }
  const fileOf = new Map([...found].flatMap(([name, objects]) => objects.map((o) => [o, name])));
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, objects]) => encodeFile(name, objects, fileOf, readOptions(pathOf.get(name))));
}

function* topLevelObjects(namespace) {
  for (const object of namespace.nestedArray) {
    if (object.constructor === protobuf.Namespace) {
      yield* topLevelObjects(object);
    } else {
      yield object;
    }
  }
}

/** google.protobuf.Duration is built into protobufjs and has no file of its own. */
function wellKnownFile({ fullName, name }) {
  if (!fullName.startsWith('.google.protobuf.')) {
    throw new Error(`${fullName}: its file is not among those given`);
  }
  return `google/protobuf/${name.toLowerCase()}.proto`;
}

/** The file's own options: the parser merges the options of all files of a package. */
function readOptions(path) {
  const text = path === undefined ? '' : readFileSync(path, 'utf8');
  const lines = [...text.matchAll(/^option (\w+) = (".*"|true|false);/gm)];
  return Object.fromEntries(
    lines.map(([, name, value]) => [
      name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
      JSON.parse(value),
    ]),
  );
}

function encodeFile(name, objects, fileOf, options) {
  const used = new Set();
  const use = (type) => {
    used.add(fileOf.get(outermost(type)));
    return type.fullName;
  };
  const only = (kind, toDescriptor) =>
    objects.filter((object) => object instanceof kind).map((object) => toDescriptor(object, use));
  const file = {
    name,
    package: objects[0].parent.fullName.slice(1),
    messageType: only(protobuf.Type, describeMessage),
    enumType: only(protobuf.Enum, describeEnum),
    service: only(protobuf.Service, describeService),
    syntax: 'proto3',
    options,
  };
  const dependency = [...used].filter((other) => other !== name).sort();
  const message = descriptor.FileDescriptorProto.fromObject({ ...file, dependency });
  return Buffer.from(descriptor.FileDescriptorProto.encode(message).finish()).toString('base64');
}

function outermost(type) {
  return type.parent instanceof protobuf.Type ? outermost(type.parent) : type;
}

function describeMessage(type, use) {
  // descriptor.proto: the synthetic oneofs of `optional` fields follow all real ones.
  const oneofs = [...type.oneofsArray].sort((a, b) => isSynthetic(a) - isSynthetic(b));
  const maps = type.fieldsArray.filter((field) => field instanceof protobuf.MapField);
  const nested = type.nestedArray.filter((object) => object instanceof protobuf.Type);
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, { type, oneofs, use })),
    nestedType: [
      ...nested.map((object) => describeMessage(object, use)),
      ...maps.map((field) => describeEntry(field, use)),
    ],
    enumType: type.nestedArray
      .filter((object) => object instanceof protobuf.Enum)
      .map((object) => describeEnum(object)),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
  };
}

function isSynthetic(oneof) {
  return oneof.fieldsArray.some((field) => field.options?.proto3_optional === true) ? 1 : 0;
}

function describeField(field, { type, oneofs, use }) {
  const isMap = field instanceof protobuf.MapField;
  const entry = { type: messageType, typeName: `${type.fullName}.${entryName(field)}` };
  return {
    name: field.name,
    number: field.id,
    jsonName: protobuf.util.camelCase(field.name),
    label: field.repeated || isMap ? repeatedLabel : optionalLabel,
    ...(isMap ? entry : describeType(field, use)),
    ...(field.partOf ? { oneofIndex: oneofs.indexOf(field.partOf) } : {}),
    ...(field.options?.proto3_optional ? { proto3Optional: true } : {}),
  };
}

function describeType({ type, resolvedType }, use) {
  if (resolvedType === null) {
    return { type: scalarTypes[type] };
  }
  const isEnum = resolvedType instanceof protobuf.Enum;
  return { type: isEnum ? enumType : messageType, typeName: use(resolvedType) };
}

function describeEntry(field, use) {
  const part = { label: optionalLabel };
  return {
    name: entryName(field),
    field: [
      { ...part, name: 'key', jsonName: 'key', number: 1, type: scalarTypes[field.keyType] },
      { ...part, name: 'value', jsonName: 'value', number: 2, ...describeType(field, use) },
    ],
    options: { mapEntry: true },
  };
}

function entryName({ name }) {
  return `${protobuf.util.ucFirst(protobuf.util.camelCase(name))}Entry`;
}

function describeEnum({ name, values }) {
  const value = Object.entries(values).map(([key, number]) => ({ name: key, number }));
  return { name, value };
}

function describeService({ name, methodsArray }, use) {
  return {
    name,
    method: methodsArray.map((method) => ({
      name: method.name,
      inputType: use(method.resolvedRequestType),
      outputType: use(method.resolvedResponseType),
      ...(method.requestStream ? { clientStreaming: true } : {}),
      ...(method.responseStream ? { serverStreaming: true } : {}),
      ...(method.options?.idempotency_level
        ? { options: { idempotencyLevel: method.options.idempotency_level } }
        : {}),
    })),
  };
}
