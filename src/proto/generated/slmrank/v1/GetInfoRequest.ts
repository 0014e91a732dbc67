// Original file: proto/slmrank/v1/ranking.proto


export interface WireGetInfoRequestInput {
}

export interface WireGetInfoRequest {
}
