// Original file: proto/slmrank/v1/admin.proto


export interface WireLoadModelRequestInput {
  /**
   * The built model's folder on the server's machine: an absolute path, or one relative to the
   * directory in which the server was started.
   */
  'folder'?: (string);
}

export interface WireLoadModelRequest {
  /**
   * The built model's folder on the server's machine: an absolute path, or one relative to the
   * directory in which the server was started.
   */
  'folder': (string);
}
