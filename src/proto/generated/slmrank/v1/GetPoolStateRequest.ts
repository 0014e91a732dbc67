// Original file: proto/slmrank/v1/admin.proto


export interface WireGetPoolStateRequestInput {
}

export interface WireGetPoolStateRequest {
}
