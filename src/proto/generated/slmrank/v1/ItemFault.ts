// Original file: proto/slmrank/v1/items.proto


export interface WireItemFaultInput {
  /**
   * Its place in the message, from 0.
   */
  'index'?: (number);
  'id'?: (string);
  /**
   * "items[3].text". Of the same version with other texts: "items[3].version".
   */
  'field'?: (string);
  'description'?: (string);
}

export interface WireItemFault {
  /**
   * Its place in the message, from 0.
   */
  'index': (number);
  'id': (string);
  /**
   * "items[3].text". Of the same version with other texts: "items[3].version".
   */
  'field': (string);
  'description': (string);
}
