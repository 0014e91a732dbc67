// Original file: proto/slmrank/v1/admin.proto


export interface WireLoadModelRequestInput {
  /**
   * The built model's folder on the server's machine: absolute, or from where the server was started.
   */
  'folder'?: (string);
}

export interface WireLoadModelRequest {
  /**
   * The built model's folder on the server's machine: absolute, or from where the server was started.
   */
  'folder': (string);
}
