// Original file: proto/slmrank/v1/admin.proto


export interface WireGetCostTableRequestInput {
}

export interface WireGetCostTableRequest {
}
